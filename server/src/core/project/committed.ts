import type { ProjectEvent } from '@tandem/protocol';

/** What a committed change left, and what to tell others of it; no event when nothing was different. */
export interface Committed<T> {
  readonly value: T;
  readonly event?: ProjectEvent;
}
