import type { Changes, WrittenChange } from '../access/changes.js';

/** What a committed change left, and what to tell others of it; nothing to tell when nothing was different. */
export interface Committed<T> {
  readonly value: T;
  readonly written?: WrittenChange;
}

/** Tells the open sockets, and hands on what the change left. */
export function announce<T>(changes: Changes, { value, written }: Committed<T>): T {
  if (written !== undefined) changes.publish(written);
  return value;
}
