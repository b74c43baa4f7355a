import { expect, it } from '@jest/globals';
import * as decoding from 'lib0/decoding';
import { decodePacked, encodePackedAwareness, encodePackedUpdate, uuidFromBytes, uuidToBytes } from './packed.js';

const DOCUMENT = '01234567-89ab-4cde-8f01-23456789abcd';

it('a document id is its 16 bytes', () => {
  expect(uuidToBytes(DOCUMENT)).toHaveLength(16);
  expect(uuidFromBytes(uuidToBytes(DOCUMENT))).toBe(DOCUMENT);
});

it('PCK-2: what a client packs has the layout that is written down', () => {
  const update = decoding.createDecoder(encodePackedUpdate(300, DOCUMENT, new Uint8Array([7, 8])));
  expect(decoding.readVarUint(update)).toBe(0);
  expect(decoding.readVarUint(update)).toBe(300);
  expect(uuidFromBytes(decoding.readUint8Array(update, 16))).toBe(DOCUMENT);
  expect([...decoding.readVarUint8Array(update)]).toEqual([7, 8]);
  expect(decoding.hasContent(update)).toBe(false);

  const awareness = decoding.createDecoder(encodePackedAwareness(DOCUMENT, new Uint8Array([9])));
  expect(decoding.readVarUint(awareness)).toBe(1);
  expect(uuidFromBytes(decoding.readUint8Array(awareness, 16))).toBe(DOCUMENT);
  expect([...decoding.readVarUint8Array(awareness)]).toEqual([9]);
});

it('a frame holds several messages, in their order', () => {
  const id = [...uuidToBytes(DOCUMENT)];
  const frame = new Uint8Array([0, ...id, 2, 5, 6, 1, 42, 1, 2, 10, 5, 11, 6, 2, ...id, 1, 43]);
  expect([...decodePacked(frame)]).toEqual([
    {
      event: 'document:update',
      body: { documentId: DOCUMENT, epoch: 2, fromSeq: 5, seq: 6, update: new Uint8Array([42]) },
    },
    { ackId: 10, seq: 5 },
    { ackId: 11, seq: 6 },
    { event: 'awareness:update', body: { documentId: DOCUMENT, update: new Uint8Array([43]) } },
  ]);
});

it('an unknown type is an error, not silence', () => {
  expect(() => [...decodePacked(new Uint8Array([9]))]).toThrow('unknown type 9');
});
