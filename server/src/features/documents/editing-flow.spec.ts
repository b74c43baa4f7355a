import { expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import type { Connection } from '../../platform/sockets/connection.js';
import { ROOM_CAPACITY } from '../../testing/room-capacity.js';
import { EditingFlow } from './editing-flow.js';

const MIB = 1024 * 1024;

function pendingEdits() {
  let isRead = true;
  const peer = {
    restrainEdits: (isTooMuch: boolean) => {
      isRead = !isTooMuch;
    },
  };
  const edits = new EditingFlow(ROOM_CAPACITY).of({ peer } as Connection);
  const costs: number[] = [];
  return {
    get isRead() {
      return isRead;
    },
    add(update: Uint8Array): void {
      costs.push(edits.cost(update));
      edits.add(costs.at(-1)!, undefined);
    },
    answerAll(): void {
      for (const cost of costs.splice(0)) edits.remove(cost, undefined);
    },
  };
}

it('A21: an edit that waits counts with the message that waits with it, once for all edits in it', () => {
  const edits = pendingEdits();
  const message = new ArrayBuffer(DEFAULT_LIMITS.maxPacketBytes / 2);
  for (let i = 0; i < 200; i++) edits.add(new Uint8Array(message, i * 100, 20));
  expect(edits.isRead).toBe(true);
  edits.add(new Uint8Array(new ArrayBuffer(MIB), 0, 20));
  expect(edits.isRead).toBe(false);
  edits.answerAll();
  expect(edits.isRead).toBe(true);
});

it('F7: edits that came alone count as what they are', () => {
  const edits = pendingEdits();
  for (let i = 0; i < 1000; i++) edits.add(new Uint8Array(new ArrayBuffer(200), 100, 20));
  expect(edits.isRead).toBe(true);
  for (let i = 0; i < 1000; i++) edits.add(new Uint8Array(new ArrayBuffer(200), 100, 20));
  expect(edits.isRead).toBe(false);
});
