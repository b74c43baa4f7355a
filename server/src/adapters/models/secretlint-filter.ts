import { setImmediate as immediate } from 'node:timers/promises';
import type { CompletionPrompt } from '../../core/ai/model-provider.js';
import { SecretFilter } from '../../core/ai/prompt/secret-filter.js';
import { findSecrets, type Range } from './secret-rules.js';
import { findWithSecretlint } from './secretlint-rules.js';

/**
 * A long text is looked at in pieces that overlap by more than a secret is long: some rules take time with the square of
 * the length, when somebody wants them to.
 */
const PIECE = 16_384;
const OVERLAP = 4_096;

/** Finds secrets with the recommended rules of secretlint and with our own. */
export class SecretlintFilter extends SecretFilter {
  /**
   * A prompt of 16 kB takes 1 to 2 ms (20 ms the first time). What takes too long is given up between two rules: one that
   * runs cannot be interrupted, but of 35 texts that were made to be slow, none kept one busy for 10 ms.
   */
  constructor(private readonly timeoutMs = 250) {
    super();
  }

  override async redact(prompt: CompletionPrompt): Promise<CompletionPrompt> {
    const { prefix, suffix, snippets, instructions } = prompt;
    const deadline = performance.now() + this.timeoutMs;
    const redact = async (text: string) => (await this.tryRedact(text, deadline)) ?? '';
    // In one piece: the caret may stand in the middle of a secret.
    const text = await redact(prefix + suffix);
    const kept = [];
    for (const { path, text: snippet } of snippets) {
      const safe = await redact(snippet);
      if (safe !== '') kept.push({ path, text: safe });
    }
    return {
      ...prompt,
      prefix: text.slice(0, prefix.length),
      suffix: text.slice(prefix.length),
      snippets: kept,
      instructions: await redact(instructions),
    };
  }

  override redactText(text: string): Promise<string | undefined> {
    const pieces = Math.ceil(text.length / (PIECE - OVERLAP));
    return this.tryRedact(text, performance.now() + Math.max(1, pieces) * this.timeoutMs);
  }

  private async tryRedact(text: string, deadline: number): Promise<string | undefined> {
    const inTime = () => {
      if (performance.now() > deadline) throw new Error('the scan for secrets takes too long');
    };
    const ranges: Range[] = [];
    try {
      for (let from = 0; from === 0 || from + OVERLAP < text.length; from += PIECE - OVERLAP) {
        const piece = text.slice(from, from + PIECE);
        inTime();
        for (const [start, end] of findSecrets(piece)) ranges.push([from + start, from + end]);
        inTime();
        for (const [start, end] of await findWithSecretlint(piece, inTime)) ranges.push([from + start, from + end]);
        if (text.length > PIECE) await immediate();
      }
    } catch {
      return undefined;
    }
    return withoutRanges(text, ranges);
  }
}

/** Stars in place of the ranges; line ends stay, so that lines do. */
function withoutRanges(text: string, ranges: readonly Range[]): string {
  let result = '';
  let from = 0;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (end <= from) continue;
    const begin = Math.max(start, from);
    result += text.slice(from, begin) + text.slice(begin, end).replaceAll(/[^\r\n]/g, '*');
    from = end;
  }
  return result + text.slice(from);
}
