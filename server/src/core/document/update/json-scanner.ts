import { checkDepth, checkKey } from './acceptable.js';
import { MalformedBytes } from './byte-reader.js';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Takes a text for JSON exactly if `JSON.parse` does (RFC 8259; tested against it), in pieces and without building values. */
export class JsonScanner {
  private at = 0;
  /** What is open, from the outside in: objects and arrays. */
  private readonly open: ('}' | ']')[] = [];
  /** What comes next. `first`: it may also end what was just opened. */
  private next: 'value' | 'first' | 'key' | 'end' = 'value';

  constructor(private readonly text: string) {}

  /**
   * Goes on by so many values; false at the end of the text. Throws MalformedBytes, and for keys and depths that no document
   * of ours may hold.
   */
  scan(values: number): boolean {
    for (let left = values; left > 0; left--) {
      if (!this.step()) return false;
    }
    return true;
  }

  private step(): boolean {
    this.skipSpace();
    const char = this.text[this.at];
    const innermost = this.open[this.open.length - 1];
    if (this.next === 'end') {
      if (innermost === undefined) {
        if (char !== undefined) this.fail();
        return false;
      }
      if (char === innermost) this.close();
      else {
        this.take(',');
        this.next = innermost === '}' ? 'key' : 'value';
      }
      return true;
    }
    if (this.next === 'first' && char === innermost) {
      this.close();
      return true;
    }
    if (this.next === 'key' || (this.next === 'first' && innermost === '}')) this.key();
    this.value();
    return true;
  }

  private key(): void {
    const from = this.at;
    const isPlain = this.string();
    const key = this.text.slice(from + 1, this.at - 1);
    checkKey(isPlain ? key : (JSON.parse(`"${key}"`) as string));
    this.skipSpace();
    this.take(':');
    this.skipSpace();
  }

  private value(): void {
    checkDepth(this.open.length);
    this.next = 'end';
    switch (this.text[this.at]) {
      case '{':
        this.begin('}');
        return;
      case '[':
        this.begin(']');
        return;
      case '"':
        this.string();
        return;
      case 't':
        this.take('true');
        return;
      case 'f':
        this.take('false');
        return;
      case 'n':
        this.take('null');
        return;
      default:
        this.match(NUMBER);
    }
  }

  private begin(end: '}' | ']'): void {
    this.at++;
    this.open.push(end);
    this.next = 'first';
  }

  private close(): void {
    this.at++;
    this.open.pop();
    this.next = 'end';
  }

  /** Returns whether nothing in it is escaped. */
  private string(): boolean {
    const { text } = this;
    this.take('"');
    for (let isPlain = true; ; ) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) {
        this.at++;
        return isPlain;
      }
      if (code === BACKSLASH) {
        isPlain = false;
        this.match(ESCAPE);
        continue;
      }
      // NaN behind the end.
      if (!(code >= 0x20)) this.fail();
      this.at++;
    }
  }

  private skipSpace(): void {
    for (const { text } = this; ; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  private take(expected: string): void {
    if (!this.text.startsWith(expected, this.at)) this.fail();
    this.at += expected.length;
  }

  private match(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) this.fail();
    this.at = pattern.lastIndex;
  }

  private fail(): never {
    throw new MalformedBytes('not JSON');
  }
}
