import type { Answer, Asker, Heard } from './asker.ts';
import { now } from './clock.ts';
import { streamTokens } from './model-stream.ts';
import { bodyOf, caretOf, fileOf } from './script.ts';

/** Asks the provider itself, over HTTP with kept connections. */
export class StraightAsker implements Asker {
  readonly mark: string;
  private readonly url: string;
  private readonly file: string;

  constructor(mark: string, url: string) {
    this.mark = mark;
    this.url = url;
    this.file = fileOf(mark);
  }

  async ask(n: number, cancelAfter?: number): Promise<Answer> {
    const heard: Heard[] = [];
    const abort = new AbortController();
    const body = bodyOf(this.file, caretOf(this.file, n));
    let cancelledAt: number | undefined;
    const askedAt = now();
    const onToken = (text: string) => {
      heard.push({ index: heard.length, text, at: now() });
      if (heard.length !== cancelAfter) return;
      cancelledAt = now();
      abort.abort();
    };
    await streamTokens(this.url, body, onToken, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) throw error;
    });
    return { askedAt, heard, ...(cancelledAt === undefined ? {} : { cancelledAt }) };
  }

  close(): void {}
}
