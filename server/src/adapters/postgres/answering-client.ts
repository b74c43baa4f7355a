import { Client } from 'pg';

/**
 * A connection that is given up when an answer is late (`query_timeout`). A network that swallows packets tells nobody: without
 * this a query waits for hours, and after it everybody who takes the connection out of the pool.
 */
export class AnsweringClient extends Client {
  override query(...args: unknown[]): never {
    const query = super.query as (...all: unknown[]) => unknown;
    const answer = query.apply(this, args);
    if (answer instanceof Promise) answer.catch((error: Error) => this.giveUpIfLate(error));
    return answer as never;
  }

  private giveUpIfLate(error: Error): void {
    if (error.message !== 'Query read timeout') return;
    // Not by `end`, which would wait for its turn behind the query.
    const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}
