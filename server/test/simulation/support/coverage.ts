/** Counts what happened, so that a kind of trouble that never came up fails. */
export class Coverage {
  readonly counts = new Map<string, number>();

  readonly note = (event: string, times = 1): void => {
    this.counts.set(event, (this.counts.get(event) ?? 0) + times);
  };

  add(other: Coverage): void {
    for (const [event, count] of other.counts) this.note(event, count);
  }

  missing(events: readonly string[]): string[] {
    return events.filter((event) => !this.counts.has(event));
  }

  toString(): string {
    return [...this.counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([event, count]) => `${event} ${count}`)
      .join(', ');
  }
}
