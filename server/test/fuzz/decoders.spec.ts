import { describe, expect, it } from '@jest/globals';
import { CLIENT_EVENTS, type ClientEvent, DEFAULT_LIMITS } from '@tandem/protocol';
import { seededRandom } from '@tandem/protocol/testing';
import * as encoding from 'lib0/encoding';
import { Decoder } from 'socket.io-parser';
import * as Y from 'yjs';
import { AwarenessTable, readAwareness } from '../../src/core/document/room/awareness-table.js';
import { RoomSession } from '../../src/core/document/room/room-session.js';
import { MalformedBytes } from '../../src/core/document/update/byte-reader.js';
import { decodeStateVector } from '../../src/core/document/update/state-vector.js';
import { PackedReader } from '../../src/platform/sockets/packed-packets.js';
import { patience } from '../../src/testing/patience.js';
import { mutateBytes } from './support/mutate.js';
import { hostileMessages } from './support/packets.js';

const SEED = Number(process.env.SEED ?? 20_261_123);
const FUZZ = Number(process.env.FUZZ ?? 20_000);
const SCENE = {
  documentId: '00000000-0000-4000-8000-0000000000d1',
  projectId: '00000000-0000-4000-8000-0000000000e1',
  token: 'token',
};
/** A third of a second on the main thread would be an attack; the slowest of a million takes a few milliseconds. */
const SLOW_MS = 300;

function fail(what: string, input: unknown, cause?: unknown): never {
  throw new Error(`SEED=${SEED}: ${what} ${JSON.stringify(input)}`, { cause });
}

function timed<T>(what: string, bytes: unknown, run: () => T): T {
  const since = performance.now();
  try {
    return run();
  } catch (error) {
    return fail(what, bytes, error);
  } finally {
    const tookMs = performance.now() - since;
    // Not by `expect`, which would take most of the time of a million.
    if (tookMs > SLOW_MS && tookMs > SLOW_MS * patience()) fail(`${what} took ${tookMs} ms`, bytes);
  }
}

describe(`A1 A3 A27 G8: of ${FUZZ} mutated inputs none escapes as an error (SEED=${SEED})`, () => {
  it('A3 F22: state vectors are refused, or are what they say', () => {
    const random = seededRandom(SEED);
    const corpus = Array.from({ length: 20 }, (_, n) =>
      Y.encodeStateVector(
        new Map(Array.from({ length: n * 3 }, () => [random.integer(2 ** 32), random.integer(1000)])),
      ),
    );
    let taken = 0;
    for (let n = 0; n < FUZZ; n++) {
      const bytes = mutateBytes(random.pick(corpus), random);
      const vector = timed('state vector', [...bytes], () => decodeStateVector(bytes));
      if (!vector) continue;
      taken++;
      if (vector.size > bytes.length) fail('a state vector of more than it holds', [...bytes]);
      if (![...vector].every((pair) => pair.every(Number.isSafeInteger))) fail('no numbers', [...bytes]);
    }
    expect(taken).toBeGreaterThan(0);
  });

  it('A12: awareness is refused, or can be shown to others', () => {
    const random = seededRandom(SEED);
    const identity = { id: SCENE.projectId, name: 'Ada', color: '#000000', colorLight: '#00000033' };
    const session = new RoomSession({ write: () => true }, identity, 'editor', undefined, 1);
    const corpus = [1, 2, 5].map((count) =>
      encoding.encode((to) => {
        encoding.writeVarUint(to, count);
        for (let n = 0; n < count; n++) {
          encoding.writeVarUint(to, 7 + n);
          encoding.writeVarUint(to, 1);
          encoding.writeVarString(to, n === 1 ? 'null' : JSON.stringify({ cursor: { at: n }, user: { name: 'x' } }));
        }
      }),
    );
    let taken = 0;
    for (let n = 0; n < FUZZ; n++) {
      const bytes = mutateBytes(random.pick(corpus), random);
      const states = timed('awareness', [...bytes], () => readAwareness(bytes, session, DEFAULT_LIMITS));
      if ('code' in states) continue;
      taken++;
      const table = new AwarenessTable();
      const news = timed('awareness', [...bytes], () => table.encodeOf(table.apply(session, states, n)));
      timed('news', [...news], () => new AwarenessTable().applyRemote('node', news, n));
    }
    expect(taken).toBeGreaterThan(0);
  });

  it('A27: packets are refused by Socket.IO’s parser, by ours, by a schema, or fit it', () => {
    const random = seededRandom(SEED);
    let fit = 0;
    for (let n = 0; n < FUZZ; n++) {
      const decoder = new Decoder({ maxAttachments: DEFAULT_LIMITS.maxAttachments });
      decoder.on('decoded', ({ data }: { data?: unknown }) => {
        const [event, body] = Array.isArray(data) ? (data as [ClientEvent, unknown]) : [undefined, undefined];
        if (!Object.hasOwn(CLIENT_EVENTS, String(event))) return;
        const parsed = timed('body', body, () => CLIENT_EVENTS[event!].body.safeParse(body));
        if (parsed.success) fit++;
      });
      let isAnnounced = false;
      for (const message of hostileMessages(SCENE, random)) {
        try {
          if (typeof message === 'string') {
            isAnnounced = message.startsWith('45');
            decoder.add(message.slice(1));
          } else if (isAnnounced) decoder.add(message);
          else timed('packed', [...message], () => readPackedOrRefuse(message));
        } catch (error) {
          // It ends the connection; see the fuzz of a listening server.
          if (!(error instanceof Error) || error.message.startsWith('SEED=')) throw error;
          break;
        }
      }
    }
    expect(fit).toBeGreaterThan(FUZZ / 20);
  });
});

it('A27: an instance with a NUL is refused before PostgreSQL would do it (found with SEED=20261123 in a million packets)', () => {
  const { documentId } = SCENE;
  const { body } = CLIENT_EVENTS['document:open'];
  expect(body.safeParse({ documentId, instance: 'a\0b' }).success).toBe(false);
  expect(body.safeParse({ documentId, instance: 'ab' }).success).toBe(true);
});

function readPackedOrRefuse(bytes: Uint8Array): void {
  try {
    new PackedReader().read(bytes);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
  }
}
