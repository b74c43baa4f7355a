import type { EventOf } from '@tandem/protocol';
import type { PlainClient } from '../../../support/plain-client.js';

/** What one connection was told of one completion, in order. */
export interface Told {
  readonly name: string;
  readonly body: unknown;
}

export function toldOf(client: PlainClient, completionId: string): Told[] {
  return client.events.filter(
    ({ name, body }) =>
      (name.startsWith('completion:') || name === 'ai:unavailable') &&
      (body as { completionId?: string }).completionId === completionId,
  );
}

/**
 * What CMP-2, 3, 4, 7, 11 and 13 forbid and the list does, in words; empty for a stream that kept them. `asker`: the list
 * is of a connection of the person who asked, else of another one in the room. The model's text must be one that no filter
 * changes. A stream that resumed, and one that is not over, are not for this.
 */
export function brokenRules(told: readonly Told[], who: 'asker' | 'other'): string[] {
  const stream = new Stream(who);
  for (const one of told) stream.take(one);
  return stream.end();
}

class Stream {
  private readonly broken: string[] = [];
  private attempt = 0;
  private deltas = 0;
  private texts: string[] = [];
  private unavailable = 0;
  private retracted = 0;
  private done: EventOf<'completion:done'> | undefined;
  private isClosed = false;

  constructor(private readonly who: 'asker' | 'other') {}

  take({ name, body }: Told): void {
    if (this.done && name !== 'completion:closed' && name !== 'completion:done') this.broken.push(`${name} after done`);
    switch (name) {
      case 'completion:started':
        if (this.attempt > 0) this.broken.push('started twice');
        this.attempt = 1;
        return;
      case 'completion:restarted':
        this.restart((body as EventOf<'completion:restarted'>).attempt);
        return;
      case 'completion:delta':
        this.append(body as EventOf<'completion:delta'>);
        return;
      case 'completion:retracted':
        this.retracted++;
        return;
      case 'completion:done':
        if (this.done) this.broken.push('done twice');
        else this.finish(body as EventOf<'completion:done'>);
        return;
      case 'completion:closed':
        if (!this.done) this.broken.push('closed before done');
        if (this.isClosed) this.broken.push('closed twice');
        this.isClosed = true;
        return;
      case 'ai:unavailable':
        this.unavailable++;
        if (this.who === 'other') this.broken.push('another was told why there is no answer');
        return;
    }
  }

  end(): string[] {
    if (!this.done) this.broken.push('no done');
    const isFailed = this.done?.outcome === 'failed';
    if (this.who === 'asker' && this.unavailable !== (isFailed ? 1 : 0)) {
      this.broken.push(`told ${this.unavailable} times why there is no answer to what is ${this.done?.outcome}`);
    }
    if (this.retracted > 1) this.broken.push('retracted twice');
    return this.broken;
  }

  private restart(attempt: number): void {
    if (this.attempt === 0) this.broken.push('restarted before started');
    if (attempt <= this.attempt) this.broken.push(`restarted as ${attempt} after ${this.attempt}`);
    this.attempt = attempt;
    this.deltas = 0;
    this.texts = [];
  }

  private append({ attempt, index, alternative, text }: EventOf<'completion:delta'>): void {
    if (this.attempt === 0) this.broken.push('delta before started');
    // The first attempt that a node hears of may be a later one; `started` does not say which.
    else if (this.deltas === 0 && this.attempt === 1) this.attempt = attempt;
    if (attempt !== this.attempt) this.broken.push(`delta of ${attempt} in ${this.attempt}`);
    if (index !== this.deltas) this.broken.push(`delta ${index} where ${this.deltas} is due`);
    this.deltas = index + 1;
    this.texts[alternative] = (this.texts[alternative] ?? '') + text;
  }

  private finish(done: EventOf<'completion:done'>): void {
    this.done = done;
    if (done.outcome !== 'complete') {
      if (done.texts.length > 0 || done.text !== '') this.broken.push(`text with ${done.outcome}`);
      return;
    }
    const told = JSON.stringify(Array.from(this.texts, (text) => text ?? ''));
    if (this.retracted === 0 && JSON.stringify(done.texts) !== told) {
      this.broken.push(`done with ${JSON.stringify(done.texts)} after ${told}`);
    }
    if (done.text !== (done.texts[0] ?? '')) this.broken.push('text is not the first of texts');
  }
}
