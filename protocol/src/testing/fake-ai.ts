import { toBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import type { Diagnostic } from '../wire/analysis.js';
import type { CompletionStart, OpenCompletion } from '../wire/completion.js';
import { FakeCompletion } from './fake-completion.js';
import type { FakeConnection } from './fake-connection.js';
import type { FakeDocument } from './fake-document.js';

/** What an analyzer finds, in UTF-16 units of the committed text. */
export interface FakeFinding {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly severity?: 1 | 2 | 3 | 4;
  readonly code?: string;
}

/** Models and analyzers of the fake server. They do what the test tells them, and nothing of themselves. */
export class FakeAi {
  /** Every suggestion that was asked for, in order. */
  readonly completions: FakeCompletion[] = [];
  /** The ids of the runs that were asked for, in order. */
  readonly runs: string[] = [];
  /** The next start is answered with this one, as an equal question is. */
  answerNextWith: FakeCompletion | undefined;
  private ids = 0;

  start(document: FakeDocument, from: FakeConnection, body: CompletionStart): FakeCompletion {
    const equal = this.answerNextWith;
    this.answerNextWith = undefined;
    if (equal) return equal;
    const completion = new FakeCompletion(this.nextId(), document, from, body);
    this.completions.push(completion);
    return completion;
  }

  /** Undefined for one that is unknown or over. */
  find(completionId: string): FakeCompletion | undefined {
    return this.completions.find((completion) => completion.completionId === completionId && !completion.isOver);
  }

  standingIn(document: FakeDocument): OpenCompletion[] {
    return this.completions.flatMap((completion) =>
      completion.document === document && completion.standing ? [completion.standing] : [],
    );
  }

  /** Those whose asker's state is committed by now begin. */
  committed(): void {
    for (const completion of this.completions) completion.begin();
  }

  startRun(): string {
    this.runs.push(this.nextId());
    return this.runs.at(-1)!;
  }

  /** An analyzer looked at the committed text; tells who has the document open. `seq` as if it had looked earlier. */
  diagnose(document: FakeDocument, source: string, findings: readonly FakeFinding[], seq = document.seq): void {
    const { committed, id } = document;
    const diagnostics = findings.map((finding) => diagnosticOf(committed, source, finding));
    const stateVector = Y.encodeStateVector(committed);
    const body = { documentId: id, source, runId: this.nextId(), seq, stateVector, diagnostics };
    for (const session of document.sessions.keys()) session.tell('analysis:result', body);
  }

  private nextId(): string {
    this.ids += 1;
    return `00000000-0000-4000-8000-${this.ids.toString(16).padStart(12, '0')}`;
  }
}

const diagnosticOf = (doc: Y.Doc, source: string, { from, to, severity = 2, ...said }: FakeFinding): Diagnostic => {
  const content = doc.getText('content');
  const bound = (index: number, assoc: number) =>
    toBase64(Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(content, index, assoc)));
  const position = (index: number) => {
    const lines = content.toString().slice(0, index).split('\n');
    return { line: lines.length - 1, character: lines.at(-1)!.length };
  };
  return {
    ...said,
    severity,
    source,
    range: { start: position(from), end: position(to) },
    anchor: { start: bound(from, 0), end: bound(to, -1) },
  };
};
