import type { ClientEvent, RequestOf } from '../../wire/events.js';
import type { Outcome } from '../document/document-link.js';

type Ending = 'completion:cancel' | 'completion:resolve';

interface Waiting {
  readonly send: () => void;
  /** The update that must be stored before, by its suggestion. */
  readonly after: string | undefined;
  isSent: boolean;
}

export interface EndingsPort {
  /** Whether the document is open, and text of this suggestion has no ack yet. */
  readonly isOpen: boolean;
  holds(completionId: string): boolean;
  request<E extends ClientEvent>(event: E, body: RequestOf<E>, answered: (outcome: Outcome<object>) => void): void;
}

/**
 * What the server is still to be told of own suggestions that ended here: once each, and again only where the connection
 * was lost before the answer (CMP-26, CMP-27).
 */
export class Endings {
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly port: EndingsPort) {}

  /** Whether one of this suggestion waits. */
  has(completionId: string): boolean {
    return (
      this.waiting.has(`completion:cancel ${completionId}`) || this.waiting.has(`completion:resolve ${completionId}`)
    );
  }

  cancel(completionId: string, answered: (outcome: Outcome<object>) => void): void {
    this.add('completion:cancel', { completionId }, undefined, answered);
  }

  /** What was accepted is told once the edit is stored: the server looks at that edit. */
  resolve(body: RequestOf<'completion:resolve'>): void {
    this.add('completion:resolve', body, body.outcome === 'accepted' ? body.completionId : undefined, () => {});
  }

  /** Sends what may be sent. */
  settle(): void {
    for (const ending of this.waiting.values()) {
      if (ending.after === undefined || !this.port.holds(ending.after)) this.send(ending);
    }
  }

  /** Sends what is left, behind the edits that are on their way. */
  flush(): void {
    for (const ending of this.waiting.values()) this.send(ending);
  }

  /** Nothing that was asked on the last connection will be answered. */
  left(): void {
    for (const ending of this.waiting.values()) ending.isSent = false;
  }

  clear(): void {
    this.waiting.clear();
  }

  private send(ending: Waiting): void {
    if (ending.isSent || !this.port.isOpen) return;
    ending.isSent = true;
    ending.send();
  }

  private add<E extends Ending>(
    event: E,
    body: RequestOf<E>,
    after: string | undefined,
    answered: (outcome: Outcome<object>) => void,
  ): void {
    const key = `${event} ${body.completionId}`;
    const send = () =>
      this.port.request(event, body, (outcome) => {
        this.waiting.delete(key);
        answered(outcome);
      });
    this.waiting.set(key, { send, after, isSent: false });
    this.settle();
  }
}
