/** One task after another: a text that a linter dies of must take no other document's analysis with it. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** Rejects with `signal.reason` as soon as it is aborted; a task that has begun goes on, one that waits is skipped. */
  take<Result>(task: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const result = this.last.then(() => {
      signal.throwIfAborted();
      return task();
    });
    this.last = result.catch(() => undefined);
    return unlessAborted(result, signal);
  }

  /** When all that were asked for so far have ended. */
  async settled(): Promise<void> {
    await this.last;
  }
}

function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
