import { describe, expect, test } from '@jest/globals';
import { decodePacked, encodePackedAwareness, encodePackedUpdate } from '@tandem/protocol';
import fc from 'fast-check';
import { MalformedBytes } from '../../core/document/update/byte-reader.js';
import { PackedReader, packEvent, packSaved } from './packed-packets.js';

const documentId = fc.uuid();
const update = fc.uint8Array({ maxLength: 300 });
const seq = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('both halves of packed frames speak of the same', () => {
  test('PCK-2: what a client sends is read as it was written', () => {
    fc.assert(
      fc.property(seq, documentId, update, (id, document, bytes) => {
        const frame = Buffer.concat([encodePackedUpdate(id, document, bytes), encodePackedAwareness(document, bytes)]);
        const body = { documentId: document, update: Buffer.from(bytes) };
        expect(new PackedReader().read(frame)).toEqual([
          { id, data: ['document:update', body], isTyped: true },
          { data: ['awareness:update', body], isTyped: true },
        ]);
      }),
    );
  });

  test('PCK-2: what the server sends is read as it was written', () => {
    fc.assert(
      fc.property(documentId, update, seq, seq, seq, (id, bytes, fromSeq, to, epoch) => {
        const body = { documentId: id, update: bytes, fromSeq, seq: to, epoch };
        const frame = Buffer.concat([
          packEvent('document:update', body)!,
          packSaved([1, 2, 3, 4]),
          packEvent('awareness:update', { documentId: id, update: bytes })!,
        ]);
        expect([...decodePacked(new Uint8Array(frame))]).toEqual([
          { event: 'document:update', body },
          { ackId: 1, seq: 2 },
          { ackId: 3, seq: 4 },
          { event: 'awareness:update', body: { documentId: id, update: bytes } },
        ]);
      }),
    );
  });
});

test('A3 a frame of anything is read to its end or refused whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        for (const { data } of new PackedReader().read(bytes)) {
          const body = data[1] as { documentId: string; update: Uint8Array };
          expect(body.documentId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
          expect(body.update.length).toBeLessThanOrEqual(bytes.length);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBytes);
      }
    }),
    { numRuns: 5000 },
  );
});
