import type { ProjectEvent } from '@tandem/protocol';
import type { Changes } from '../access/changes.js';

/** What a committed change left, and what to tell others of it; no event when nothing was different. */
export interface Committed<T> {
  readonly value: T;
  readonly event?: ProjectEvent;
}

/** Tells the open sockets, and hands on what the change left. */
export function announce<T>(changes: Changes, { value, event }: Committed<T>): T {
  if (event !== undefined) changes.publish(event);
  return value;
}
