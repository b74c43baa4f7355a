/** A pause longer than this is thinking, not typing. */
const LONGEST_INTERVAL_MS = 1_000;
const SHORTEST_PAUSE_MS = 75;
const LONGEST_PAUSE_MS = 300;
/** Weight of the newest interval in the average. */
const NEWEST = 0.3;

/**
 * How long to wait after a key until a suggestion is asked for: longer than this user needs from key to key, so that one
 * is not asked for each of them; shorter where a word has just ended. The shape is Tabby's: an average of the intervals
 * times a factor of the context.
 */
export class TypingPause {
  private average = 150;
  private last: number | undefined;

  /** Milliseconds, 75 to 300, behind a word and within one. `now` is when the key came. */
  after(now: number): { readonly behindWord: number; readonly inWord: number } {
    const interval = this.last === undefined ? Number.POSITIVE_INFINITY : now - this.last;
    this.last = now;
    if (interval <= LONGEST_INTERVAL_MS) this.average += NEWEST * (interval - this.average);
    return { behindWord: bounded(this.average * 1.2), inWord: bounded(this.average * 1.8) };
  }
}

const bounded = (ms: number) => Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, ms));
