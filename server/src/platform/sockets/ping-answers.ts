/**
 * Answers the pings of a websocket, one at a time and the newest (RFC 6455, 5.5.3): for who sends many and does not read,
 * no more than one answer waits.
 */
export class PingAnswers {
  private newest: Buffer | undefined;
  private isAnswering = false;

  /** `pong` sends an answer and calls `written` when the kernel has it. */
  constructor(private readonly pong: (data: Buffer, written: () => void) => void) {}

  take(ping: Buffer): void {
    if (!this.newest && !this.isAnswering) setImmediate(() => this.answer());
    this.newest = ping;
  }

  private answer(): void {
    const { newest } = this;
    if (!newest) return;
    this.newest = undefined;
    this.isAnswering = true;
    this.pong(newest, () => {
      this.isAnswering = false;
      this.answer();
    });
  }
}
