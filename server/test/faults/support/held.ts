import { fileURLToPath } from 'node:url';
import { eventually } from '../../../src/testing/eventually.js';
import type { ClusterNode } from './cluster-node.js';

/** The server that answers `heldBy`. */
export const WATCHED = fileURLToPath(new URL('../servers/watched.mjs', import.meta.url));

/** Each look at all objects is a garbage collection. */
const TOLD_MS = 60_000;

/** What a server process holds after a garbage collection. */
export interface Held {
  /** Used by objects and by buffers. */
  readonly heapBytes: number;
  readonly rss: number;
  /** `process.getActiveResourcesInfo()`, counted: timers, sockets, ... */
  readonly resources: Readonly<Record<string, number>>;
  /** Living objects, by class. */
  readonly objects: Readonly<Record<'Room' | 'RoomSession' | 'Connection' | 'Function', number>>;
}

/** The node must have been started with `main: WATCHED`. */
export async function heldBy({ server }: ClusterNode): Promise<Held> {
  const lines = () => server.stdout().match(/^watched .*$/gm) ?? [];
  const before = lines().length;
  server.signal('SIGUSR2');
  await eventually('the server tells what it holds', () => lines().length > before, TOLD_MS);
  return JSON.parse(lines().at(-1)!.slice('watched '.length)) as Held;
}
