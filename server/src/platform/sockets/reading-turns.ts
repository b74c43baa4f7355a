/** Somebody whose messages wait to be handed on. */
export interface Reader {
  /** Hands on what is due next, a slice of it; whether more is waiting that may be handed on. */
  handOn(): boolean;
}

/** How long messages are handed on in one turn of the event loop before sockets are looked at again, in milliseconds. */
const PHASE_MS = 4;

/**
 * Who sends much waits for his turn, so that who sends little does not. A read from a socket brings up to 64 KiB, a
 * thousand edits, and Node hands them on one after the other: with fifty who flood, everybody else would wait for a second.
 * What is over the share of a connection goes round instead, a slice each, with a look at the sockets in between.
 */
export class ReadingTurns {
  private readonly waiting = new Set<Reader>();
  private isScheduled = false;
  private turn = 0;
  private began: number | undefined;

  /** Which turn of the event loop this is, and how long messages have been handed on in it, in milliseconds. */
  look(now: number): { turn: number; spentMs: number } {
    if (this.began === undefined) {
      this.began = now;
      this.turn++;
      setImmediate(() => {
        this.began = undefined;
      });
    }
    return { turn: this.turn, spentMs: now - this.began };
  }

  join(reader: Reader): void {
    this.waiting.add(reader);
    this.schedule();
  }

  leave(reader: Reader): void {
    this.waiting.delete(reader);
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.go(performance.now());
    });
  }

  private go(began: number): void {
    const [reader] = this.waiting;
    if (!reader) return;
    if (performance.now() - began > PHASE_MS) {
      this.schedule();
      return;
    }
    this.waiting.delete(reader);
    if (reader.handOn()) this.waiting.add(reader);
    // Socket.IO handles what it was given in ticks of its own; ours comes behind them, and sees what they took.
    process.nextTick(() => this.go(began));
  }
}
