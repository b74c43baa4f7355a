import { lineAbove, opensBlock, PROSE } from './choose-lines.js';
import { extensionOf } from './comment-mark.js';
import { StopStrings } from './stop-strings.js';
import { type Surroundings, trimCompletion } from './trim-completion.js';

export interface FilterInput extends Surroundings {
  readonly lines: 'single' | 'multi';
}

/** What no program holds, and models let slip. Elm has `<|`, so the names are told. */
const LEAKS = [
  ...['<|fim_', '<|endoftext|>', '<|im_', '<|file_sep', '<|repo_name', '<|end', '<|eot', '<fim_', '<file_sep>', '<｜'],
  '<|file_separator',
];
const LONGEST_LEAK = Math.max(...LEAKS.map((leak) => leak.length));
const MOST_LINES = 40;
const MOST_CHARACTERS = 4_000;
/** A shorter line before the caret is repeated by chance. */
const SHORTEST_REPETITION = 3;
/** A line that comes for the third time will come for ever. */
const SAME_LINES = 2;
const CLOSING = /^[)\]};,\s]*$/;
const CLOSER = /^(?:[)\]}]|(?:end|fi|done|esac)\b)/;
const BETWEEN = /^(?:else|elif|elsif|except|finally|catch|rescue|ensure|case|default)\b/;
const REOPENS = /(?:[{[(:]|=>|\bdo|\bthen)\s*$/;

type Verdict = 'give' | 'hold' | 'stopBefore' | 'stopAfter';

/**
 * Reads one alternative as it comes and says what of it may be shown. It stops at the end of the line (`single`), or at a
 * blank line, where the block ends, at the next line of the document, and when lines repeat (`multi`). What may turn out
 * to be too much waits: what was given is taken back by `final` at most.
 */
export class CompletionFilter {
  private readonly stops: StopStrings;
  private readonly isProse: boolean;
  private readonly caretLine: string;
  private readonly rest: string;
  private readonly nextLine: string;
  private readonly opener: string | undefined;
  private readonly isCrLf: boolean;
  private raw = '';
  /** Where the text begins, behind a repetition of the line before the caret; undefined until that is clear. */
  private start: number | undefined;
  /** Where the line begins that is looked at. */
  private lineStart = 0;
  private readonly done: string[] = [];
  private hasText = false;
  private isDeeper = false;
  /** Up to where the text is good. */
  private good = 0;
  private end: number | undefined;
  private given = '';

  constructor(private readonly input: FilterInput) {
    const { prefix, suffix, path } = input;
    const extension = extensionOf(path);
    this.stops = new StopStrings(LEAKS);
    this.isProse = PROSE.has(extension);
    this.caretLine = prefix.slice(prefix.lastIndexOf('\n') + 1);
    const [rest = '', ...below] = suffix.replaceAll('\r', '').split('\n');
    this.rest = rest.trim();
    this.nextLine = (below.find((line) => line.trim() !== '') ?? '').trimEnd();
    const opener = this.caretLine.trim() === '' ? lineAbove(prefix) : this.caretLine;
    this.opener = opensBlock(opener, extension) ? opener : undefined;
    this.isCrLf = prefix.includes('\r\n') || suffix.includes('\r\n');
  }

  /** What may be shown now, after what was given before; `isDone`: nothing more will come, the model may be stopped. */
  push(piece: string): { text: string; isDone: boolean } {
    if (this.end !== undefined) return { text: '', isDone: true };
    const from = Math.max(0, this.raw.length - LONGEST_LEAK);
    this.raw += piece.replaceAll('\r', '');
    const stop = this.stops.find(this.raw, from);
    if (stop !== -1) this.raw = this.raw.slice(0, stop);
    this.advance(stop === -1 ? this.stops.safeEnd(this.raw) : stop, stop !== -1);
    if (stop !== -1 || this.raw.length > MOST_CHARACTERS) this.end ??= this.good;
    const text = this.document(this.raw.slice(this.start ?? 0, this.shown())).slice(this.given.length);
    this.given += text;
    return { text, isDone: this.end !== undefined };
  }

  /** The whole text as it may be accepted, empty for none; `isChanged`: not what was given. May be called once. */
  final(): { text: string; isChanged: boolean } {
    if (this.end === undefined) this.advance(this.raw.length, true);
    const whole = this.raw.slice(this.start ?? 0, this.good);
    const text = this.document(trimCompletion(whole, this.input));
    return { text, isChanged: text !== this.given };
  }

  private document(text: string): string {
    return this.isCrLf ? text.replaceAll('\n', '\r\n') : text;
  }

  /** What repeats the rest of the caret's line waits: it would be taken back. */
  private shown(): number {
    const from = this.start ?? 0;
    for (let length = Math.min(this.rest.length, this.good - from); length > 0; length--) {
      if (this.raw.endsWith(this.rest.slice(0, length), this.good)) return this.good - length;
    }
    return this.good;
  }

  /** Looks at the lines up to `limit`; `isLast`: nothing comes after it. */
  private advance(limit: number, isLast: boolean): void {
    if (!this.findStart(limit, isLast)) return;
    while (this.end === undefined) {
      const lineEnd = this.raw.indexOf('\n', this.lineStart);
      const isEnded = lineEnd !== -1 && lineEnd < limit;
      const line = this.raw.slice(this.lineStart, isEnded ? lineEnd : limit);
      const verdict = this.judge(line, isEnded || isLast);
      if (verdict === 'stopBefore') this.end = this.good;
      else if (verdict !== 'hold') this.accept(line);
      if (verdict === 'stopAfter') this.end = this.good;
      if (!isEnded) return;
      this.done.push(line);
      this.lineStart = lineEnd + 1;
    }
  }

  /** Models that do not know about the caret begin with the line that it stands on. */
  private findStart(limit: number, isLast: boolean): boolean {
    if (this.start !== undefined) return true;
    const repeated = this.caretLine.trimStart();
    const text = this.raw.slice(0, limit).trimStart();
    const canRepeat = repeated.trimEnd().length >= SHORTEST_REPETITION;
    if (canRepeat && !isLast && text.length < repeated.length && repeated.startsWith(text)) return false;
    this.start = canRepeat && text.startsWith(repeated) ? this.raw.indexOf(repeated) + repeated.length : 0;
    this.lineStart = this.start;
    this.good = this.start;
    return true;
  }

  private accept(line: string): void {
    if (line.trim() === '') return;
    this.hasText = true;
    // Blanks at the end wait: with nothing behind them they are worth nothing. So does half of a character.
    this.good = this.lineStart + line.replace(/[\uD800-\uDBFF]$/, '').trimEnd().length;
  }

  private judge(line: string, isWhole: boolean): Verdict {
    const isFirst = this.done.length === 0;
    if (line.trim() === '') {
      if (!isWhole) return 'hold';
      // A line end in the middle of a line is no completion of it; brackets that an editor has closed do not count.
      return this.hasText || (isFirst && !CLOSING.test(this.rest)) ? 'stopBefore' : 'give';
    }
    const isOnCaretLine = isFirst && this.caretLine.trim() !== '';
    const whole = isFirst ? this.caretLine + line : line;
    if (!isOnCaretLine) {
      const verdict = this.judgeNewLine(whole, isWhole);
      if (verdict !== 'give') return verdict;
    }
    return isWhole && this.input.lines === 'single' ? 'stopAfter' : 'give';
  }

  private judgeNewLine(line: string, isWhole: boolean): Verdict {
    const same = this.repeatedLine();
    for (const unwanted of same === undefined ? [this.nextLine] : [this.nextLine, same]) {
      if (unwanted === '') continue;
      if (isWhole ? line.trimEnd() === unwanted : unwanted.startsWith(line.trimEnd()))
        return isWhole ? 'stopBefore' : 'hold';
    }
    // A fence ends the code; in prose it is part of it.
    if (!this.isProse && line.trim().startsWith('```')) return 'stopBefore';
    if (!this.isProse && !isWhole && /^\s*`{1,2}$/.test(line)) return 'hold';
    if (this.done.length >= MOST_LINES) return 'stopBefore';
    return this.judgeIndent(line, isWhole);
  }

  /** In a block that was just opened: until it closes. Elsewhere: as long as it does not go out of the one it is in. */
  private judgeIndent(line: string, isWhole: boolean): Verdict {
    const indent = widthOf(line);
    if (this.opener === undefined) {
      return this.done.length > 0 && indent < widthOf(this.caretLine) ? 'stopBefore' : 'give';
    }
    const outside = widthOf(this.opener);
    if (indent > outside) {
      this.isDeeper = true;
      return 'give';
    }
    const text = line.trim();
    if (indent < outside) return 'stopBefore';
    // Until the line has ended, `end` may be the beginning of `endpoint`: it is shown only when it is sure to stay.
    if (CLOSER.test(text)) {
      if (!isWhole) return /^[)\]}]/.test(text) ? 'give' : 'hold';
      return REOPENS.test(text) ? 'give' : 'stopAfter';
    }
    if (!this.isDeeper) return 'give';
    if (!isWhole) return 'hold';
    return BETWEEN.test(text) ? 'give' : 'stopBefore';
  }

  private repeatedLine(): string | undefined {
    const last = this.done.at(-1)?.trimEnd();
    const isRepeated = last !== undefined && this.done.slice(-SAME_LINES).every((line) => line.trimEnd() === last);
    return isRepeated && this.done.length >= SAME_LINES && last !== '' ? last : undefined;
  }
}

function widthOf(line: string): number {
  const blanks = line.slice(0, line.length - line.trimStart().length);
  return blanks.length + 3 * (blanks.split('\t').length - 1);
}
