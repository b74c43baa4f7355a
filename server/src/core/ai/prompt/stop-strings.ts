/** Finds the first of some strings in a text that comes in pieces, and says how much of it cannot be part of one. */
export class StopStrings {
  private readonly longest: number;

  constructor(private readonly stops: readonly string[]) {
    this.longest = Math.max(0, ...stops.map((stop) => stop.length));
  }

  /** Where the first one begins, at or after `from`; -1 for none. */
  find(text: string, from: number): number {
    let first = -1;
    for (const stop of this.stops) {
      const at = text.indexOf(stop, from);
      if (at !== -1 && (first === -1 || at < first)) first = at;
    }
    return first;
  }

  /** The end of the part that no stop string begins in, whatever comes next. */
  safeEnd(text: string): number {
    for (let at = Math.max(0, text.length - this.longest + 1); at < text.length; at++) {
      const tail = text.slice(at);
      if (this.stops.some((stop) => stop.startsWith(tail))) return at;
    }
    return text.length;
  }
}

/** Passes text on up to the first stop string. */
export class StopFilter {
  private held = '';
  private readonly stops: StopStrings;
  isDone = false;

  constructor(stops: readonly string[]) {
    this.stops = new StopStrings(stops);
  }

  /** What may be passed on; nothing after a stop string. */
  push(piece: string): string {
    if (this.isDone) return '';
    const text = this.held + piece;
    const stop = this.stops.find(text, 0);
    const end = stop === -1 ? this.stops.safeEnd(text) : stop;
    this.isDone = stop !== -1;
    this.held = text.slice(end);
    return text.slice(0, end);
  }

  /** The rest, at the end of the answer. */
  end(): string {
    const rest = this.isDone ? '' : this.held;
    this.isDone = true;
    return rest;
  }
}
