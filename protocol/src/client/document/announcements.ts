import { Emitter } from '../emitter.js';
import { type ProviderEvents, type ProviderView, tellChanges } from './provider-events.js';
import { Waiters } from './waiters.js';

/** What listeners and waiters hear of a provider: each change of what can be seen of it, once. */
export class Announcements {
  readonly events = new Emitter<ProviderEvents>();
  private readonly waiters = new Waiters();
  private seen: ProviderView;

  constructor(private readonly view: () => ProviderView) {
    this.seen = view();
  }

  wait(goal: 'synced' | 'saved'): Promise<void> {
    return this.waiters.wait(goal, this.view());
  }

  /** What was waited for will never be. */
  reject(goal: 'synced' | 'saved', error: Error): void {
    this.waiters.reject(goal, error);
  }

  /** Tells what changed since the last time. */
  tell(): void {
    const before = this.seen;
    this.seen = this.view();
    this.waiters.settle(this.seen);
    tellChanges(before, this.seen, (event, payload) => this.events.emit(event, payload));
  }
}
