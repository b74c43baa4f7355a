import { Samples } from '../samples.ts';
import type { Heard } from './asker.ts';
import type { Stream } from './drive.ts';
import { TEXT, TOKENS } from './script.ts';

/** What is measured of one way, over all rounds. Times in milliseconds. */
export class Figures {
  readonly name: string;
  /** From the request to the first delta. */
  readonly first = new Samples();
  /** The same without the time in which the context was made. */
  readonly firstWithoutContext = new Samples();
  readonly context = new Samples();
  /** From the provider's sending of a token to the arrival of its delta. */
  readonly delta = new Samples();
  /** From a cancel to the end of the request at the provider. */
  readonly cancel = new Samples();
  streams = 0;
  /** Of each process between provider and editor. */
  readonly cpuMs = new Map<string, number>();
  /** Tokens that did not come, came twice or in another order, or were others. */
  lost = 0;
  readonly faults = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  add(streams: readonly Stream[], contexts: ReadonlyMap<string, number> = new Map()): void {
    for (const { answer, served } of streams) {
      this.streams += 1;
      const { askedAt, heard, completionId, finalText, fault } = answer;
      if (fault !== undefined) this.fault(fault);
      if (completionId !== undefined && finalText !== TEXT) this.fault('had another text in the end');
      if (!served) this.fault('never came to the provider');
      else if (served.abortedAt !== undefined) this.fault('was given up at the provider');
      this.lost += wrongOf(heard) + Math.max(0, TOKENS.length - heard.length);
      for (const { index, at } of heard) this.delta.add(at - (served?.sentAt[index] ?? Number.NaN));
      if (heard[0] === undefined) continue;
      const first = heard[0].at - askedAt;
      const context = contexts.get(completionId ?? '') ?? 0;
      this.first.add(first);
      this.context.add(context);
      this.firstWithoutContext.add(first - context);
    }
  }

  addCancelled(streams: readonly Stream[]): void {
    for (const { answer, served } of streams) {
      if (answer.fault !== undefined) this.fault(answer.fault);
      this.lost += wrongOf(answer.heard);
      if (served?.abortedAt === undefined) this.fault('was cancelled, and went on at the provider');
      else this.cancel.add(served.abortedAt - (answer.cancelledAt ?? Number.NaN));
    }
  }

  addCpu(process: string, ms: number): void {
    this.cpuMs.set(process, (this.cpuMs.get(process) ?? 0) + ms);
  }

  fault(what: string): void {
    this.faults.set(what, (this.faults.get(what) ?? 0) + 1);
  }
}

/** Those that are not the next token: after one that is missing or doubled, all of them. */
function wrongOf(heard: readonly Heard[]): number {
  return heard.filter(({ index, text }, place) => index !== place || text !== TOKENS[place]).length;
}
