import { TandemError } from '../../errors.js';
import type { ProjectOpenAnswer } from '../../wire/project.js';
import type { Outcome } from '../document/document-link.js';
import { retryDelay } from './retry-delay.js';

type Ask = (projectId: string, answered: (outcome: Outcome<ProjectOpenAnswer>) => void) => void;

/** Calls back after so many milliseconds; the returned call prevents it. */
type After = (ms: number, callback: () => void) => () => void;

interface OpenProject {
  readonly answer: Promise<ProjectOpenAnswer>;
  readonly resolve: (answer: ProjectOpenAnswer) => void;
  readonly reject: (error: Error) => void;
  failures: number;
  cancelRetry: () => void;
}

/** The projects that are to be open: asked for on every connection. */
export class OpenProjects {
  private readonly projects = new Map<string, OpenProject>();

  constructor(
    private readonly ask: Ask,
    private readonly told: {
      opened(projectId: string, answer: ProjectOpenAnswer): void;
      refused(projectId: string, error: TandemError): void;
    },
    private readonly after: After,
    private readonly random: () => number,
  ) {}

  open(projectId: string): Promise<ProjectOpenAnswer> {
    const known = this.projects.get(projectId);
    if (known) {
      this.request(projectId);
      return known.answer;
    }
    const { promise: answer, resolve, reject } = withResolvers<ProjectOpenAnswer>();
    this.projects.set(projectId, { answer, resolve, reject, failures: 0, cancelRetry: () => {} });
    this.request(projectId);
    return answer;
  }

  close(projectId: string): void {
    const project = this.projects.get(projectId);
    project?.cancelRetry();
    project?.reject(new TandemError('unreachable', 'The project was closed'));
    this.projects.delete(projectId);
  }

  connected(): void {
    for (const projectId of this.projects.keys()) this.request(projectId);
  }

  closeAll(): void {
    for (const projectId of [...this.projects.keys()]) this.close(projectId);
  }

  private request(projectId: string): void {
    const project = this.projects.get(projectId);
    project?.cancelRetry();
    this.ask(projectId, (outcome) => {
      if (!project || this.projects.get(projectId) !== project) return;
      if (outcome.ok) {
        project.failures = 0;
        project.resolve(outcome.value);
        this.told.opened(projectId, outcome.value);
      } else if (outcome.error.retry === 'never') {
        this.projects.delete(projectId);
        project.reject(outcome.error);
        this.told.refused(projectId, outcome.error);
      } else {
        // Without a connection nothing is asked; the next one asks for all of them.
        const delayMs = retryDelay(outcome.error, project.failures++, this.random());
        project.cancelRetry = this.after(delayMs, () => this.request(projectId));
      }
    });
  }
}

const withResolvers = <T>() => {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Whoever asked holds the same promise; one that nobody holds any more must not end the process.
  promise.catch(() => {});
  return { promise, resolve, reject };
};
