/** What must have ended before the connections of the AI half are given back. */
export class AiShutdown {
  private readonly ending: Promise<unknown>[] = [];

  /** Must not reject. */
  waitFor(end: Promise<unknown>): void {
    this.ending.push(end);
  }

  async ended(): Promise<void> {
    await Promise.all(this.ending);
  }
}
