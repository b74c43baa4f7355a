import { StopFilter } from './stop-strings.js';

const OPEN = '<COMPLETION>';
const CLOSE = '</COMPLETION>';
const THOUGHT = /^\s*<think>[\s\S]*?(?:<\/think>|$)/;
const FENCE = /^\s*```[^\n`]*\n/;

/**
 * Takes a completion out of a chat model's answer as it comes: what stands in `<COMPLETION>`, without thoughts before it
 * and without a Markdown fence. An answer without the tag counts as a whole, once it has ended.
 */
export class ChatAnswer {
  private readonly inside = new StopFilter([CLOSE]);
  private fenced: StopFilter | undefined;
  private before = '';
  private head: string | undefined;
  private isOpen = false;
  private isFinished = false;

  /** `isAtLineStart`: nothing but blanks before the caret on its line, so that a first line end is only layout. */
  constructor(private readonly isAtLineStart: boolean) {}

  /** Nothing more will come of it. */
  get isDone(): boolean {
    return this.isFinished || this.inside.isDone || this.fenced?.isDone === true;
  }

  push(piece: string): string {
    if (this.isDone) return '';
    if (this.isOpen) return this.pass(this.inside.push(piece));
    this.before += piece;
    const text = this.before.replace(THOUGHT, '');
    const tag = text.indexOf(OPEN);
    if (tag === -1) return '';
    this.isOpen = true;
    this.before = '';
    this.head = '';
    return this.pass(this.inside.push(text.slice(tag + OPEN.length)));
  }

  /** The rest, when the answer has ended. */
  end(): string {
    if (this.isFinished) return '';
    const rest = this.isOpen ? this.pass(this.inside.end(), true) : unfenced(this.before.replace(THOUGHT, ''));
    this.isFinished = true;
    return rest;
  }

  /** The first characters wait until it is clear whether they are a fence or a line end. */
  private pass(text: string, isLast = false): string {
    if (this.head === undefined) return this.unfence(text, isLast);
    this.head += text;
    const { head } = this;
    if (/^\s*(?:`{0,2}|```[^\n]*)$/.test(head) && !isLast && !this.inside.isDone) return '';
    this.head = undefined;
    const code = head.replace(FENCE, '');
    if (code === head) return this.isAtLineStart ? head.replace(/^\r?\n/, '') : head;
    this.fenced = new StopFilter(['\n```', '```']);
    return this.unfence(code, isLast);
  }

  private unfence(text: string, isLast: boolean): string {
    if (this.fenced === undefined) return text;
    const code = this.fenced.push(text);
    return isLast || this.inside.isDone ? code + this.fenced.end() : code;
  }
}

function unfenced(text: string): string {
  const fenced = /```[^\n`]*\n([\s\S]*?)(?:\n?```|$)/.exec(text);
  return fenced?.[1] ?? text.replace(CLOSE, '');
}
