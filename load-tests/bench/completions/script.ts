/** What the model says to every request: one line, so that nothing of it is held back or cut off. */
export const TOKENS = Array.from({ length: 40 }, (_, index) => ` + part${index}`);
export const TEXT = TOKENS.join('');
export const TOKENS_PER_SECOND = 50;
export const STREAM_MS = (TOKENS.length * 1000) / TOKENS_PER_SECOND;
export const MODEL = 'scripted';

const LINES = 120;

/** A file of 5 kB that names `mark`, by which the provider tells whose request it gets. */
export function fileOf(mark: string): string {
  const lines = Array.from(
    { length: LINES },
    (_, n) => `export const value${n} = compute(${n}, 'step ${n}'); // ${mark}`,
  );
  return `${lines.join('\n')}\n`;
}

/** Where the caret stands for the n-th request: at the end of a line, of another one each time. */
export function caretOf(file: string, n: number): number {
  let offset = -1;
  for (let line = 0; line <= 20 + (n % 80); line += 1) offset = file.indexOf('\n', offset + 1);
  return offset;
}

/** What Tandem sends to the provider for it. */
export function bodyOf(file: string, caret: number): object {
  return {
    model: MODEL,
    prompt: file.slice(0, caret),
    suffix: file.slice(caret, caret + 2_000),
    max_tokens: 64,
    stream: true,
    temperature: 0.1,
    stream_options: { include_usage: true },
  };
}

export function markOf(body: unknown): string {
  return /\/\/ (\S+)/.exec(String((body as { prompt?: string }).prompt))?.[1] ?? '';
}
