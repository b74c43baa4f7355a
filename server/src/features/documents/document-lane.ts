/**
 * What one editor sends for one document, in its order. An operation usually finishes at once; while one has to wait
 * for the database, those behind it wait too.
 */
export class DocumentLane {
  private tail: Promise<unknown> | undefined;

  /** Runs now if nothing is under way, else after it. `operation` may finish synchronously. */
  run<T>(operation: () => T | Promise<T>): T | Promise<T> {
    if (!this.tail) {
      const result = operation();
      if (result instanceof Promise) this.waitFor(result);
      return result;
    }
    const result = this.tail.then(operation);
    this.waitFor(result);
    return result;
  }

  private waitFor(operation: Promise<unknown>): void {
    const settled: Promise<unknown> = operation
      .catch(() => undefined)
      .then(() => {
        if (this.tail === settled) this.tail = undefined;
      });
    this.tail = settled;
  }
}
