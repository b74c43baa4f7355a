import { seconds } from './seconds.js';

const NAME_WIDTH = 15;

/** Tells the person at the terminal how the start goes: one line for each step, when it is done. */
export class StartReport {
  constructor(private readonly write: (text: string) => void) {}

  /** Runs one step; `note` adds a few words to its line. */
  async step<T>(name: string, work: (note: (words: string) => void) => T | Promise<T>): Promise<T> {
    const began = performance.now();
    let words = '';
    const done = (mark: string) =>
      this.line(`  ${mark} ${name.padEnd(NAME_WIDTH)} ${seconds(began).padStart(7)}  ${words}`.trimEnd());
    try {
      const result = await work((text) => {
        words = text;
      });
      done('✓');
      return result;
    } catch (error) {
      done('✗');
      throw error;
    }
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** Since the process began: the clock of `performance` starts with it. */
  get elapsed(): string {
    return seconds(0);
  }
}
