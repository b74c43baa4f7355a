import type { Changes } from '../../core/access/changes.js';
import type { Committed } from '../../core/project/committed.js';

/** Waits for the commit, tells the open sockets, and hands on what the change left. */
export async function announce<T>(changes: Changes, change: Promise<Committed<T>>): Promise<T> {
  const { value, event } = await change;
  if (event !== undefined) changes.publish(event);
  return value;
}
