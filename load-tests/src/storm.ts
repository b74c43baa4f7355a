import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BACK_FILE, READY_FILE } from '../artillery/src/storm-files.ts';

/** Waits until everybody is there, and crashes the server. Resolves to when it listened again, undefined if that did not come. */
export async function crashWhenReady(
  dir: string,
  users: number,
  waitMs: number,
  crash: () => Promise<number>,
): Promise<number | undefined> {
  const end = performance.now() + waitMs;
  while (performance.now() < end) {
    if ((statSync(join(dir, READY_FILE), { throwIfNoEntry: false })?.size ?? 0) >= users) return crash();
    await delay(50);
  }
  return undefined;
}

/** How long after the server listened again the last person had all documents open, in milliseconds. */
export function backAfter(dir: string, listeningAt: number): number {
  const times = readFileSync(join(dir, BACK_FILE), 'utf8').trim().split('\n').map(Number);
  return Math.max(...times) - listeningAt;
}
