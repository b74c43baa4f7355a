import { TandemError } from '../../errors.js';

export interface WaitState {
  readonly synced: boolean;
  readonly saved: boolean;
  readonly status: string;
  readonly error: TandemError | undefined;
}

interface Waiter {
  readonly for: 'synced' | 'saved';
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The promises of `whenSynced` and `whenSaved`. */
export class Waiters {
  private waiting: Waiter[] = [];

  wait(goal: 'synced' | 'saved', state: WaitState): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ for: goal, resolve, reject });
      this.settle(state);
    });
  }

  settle(state: WaitState): void {
    const { waiting } = this;
    this.waiting = [];
    for (const waiter of waiting) {
      if (state[waiter.for]) waiter.resolve();
      else if (state.status === 'destroyed') waiter.reject(new TandemError('unreachable', 'The document was closed'));
      else if (state.status === 'refused') waiter.reject(state.error ?? new TandemError('not_found'));
      else this.waiting.push(waiter);
    }
  }

  reject(goal: 'synced' | 'saved', error: Error): void {
    const { waiting } = this;
    this.waiting = waiting.filter((waiter) => waiter.for !== goal);
    for (const waiter of waiting) if (waiter.for === goal) waiter.reject(error);
  }
}
