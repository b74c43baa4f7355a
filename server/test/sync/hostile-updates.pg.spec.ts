import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DocumentKind, ErrorCode } from '@tandem/protocol';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { craftUpdate, filler, item, string } from '../support/craft-update.js';
import { type PlainClient, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { replay, storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const MAX_DOCUMENT_BYTES = 2_000_000;

let world: SyncWorld;
let ada: Person;
let mallory: Person;

beforeAll(async () => {
  world = await SyncWorld.start({ maxDocumentBytes: MAX_DOCUMENT_BYTES, maxUpdateBytes: 600_000 });
  [ada, mallory] = await Promise.all([world.person('Ada'), world.person('Mallory')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** What a hostile update is made from: the ids of the sender and of the honest editor, and how far both are. */
interface Scene {
  readonly me: number;
  readonly myNext: number;
  readonly victim: number;
  readonly victimNext: number;
  /** The whole document. */
  readonly doc: Y.Doc;
}

type Attack = readonly [rule: string, what: string, code: ErrorCode, build: (scene: Scene) => Uint8Array];

const bytes = (...values: number[]) => new Uint8Array(values);
const mine = ({ me, myNext }: Scene, ...structs: Parameters<typeof craftUpdate>[0][number]['structs']) =>
  craftUpdate([{ client: me, clock: myNext, structs }]);
const any = (value: unknown) => (to: encoding.Encoder) => {
  encoding.writeVarUint(to, 1);
  encoding.writeAny(to, value as number);
};
const json = (value: string) => (to: encoding.Encoder) => encoding.writeVarString(to, value);
const format = (key: string) => (to: encoding.Encoder) => {
  encoding.writeVarString(to, key);
  encoding.writeVarString(to, 'true');
};
const type = (ref: number) => (to: encoding.Encoder) => encoding.writeVarUint(to, ref);
const withHuge = (...before: number[]) => bytes(...before, 0xff, 0xff, 0xff, 0xff, 0x0f);

/** Refused in documents of every kind. */
const ATTACKS: Attack[] = [
  ['DOC-17 A1', 'no bytes', 'malformed_update', () => bytes()],
  ['DOC-17 A1', 'bytes left over', 'malformed_update', (s) => Buffer.concat([mine(s, string('x')), bytes(7)])],
  [
    'DOC-17 A1',
    'text that is no UTF-8',
    'malformed_update',
    (s) =>
      mine(
        s,
        item(4, {}, (to) => encoding.writeVarUint8Array(to, bytes(0xff, 0xfe))),
      ),
  ],
  ['DOC-17 A1', 'a struct of no length', 'malformed_update', (s) => mine(s, string(''))],
  [
    'DOC-17 A1',
    'two blocks of one client',
    'malformed_update',
    ({ me, myNext: clock }) =>
      craftUpdate([
        { client: me, clock, structs: [string('a')] },
        { client: me, clock: clock + 1, structs: [string('b')] },
      ]),
  ],
  ['DOC-17 A2', 'a document in V2 encoding', 'unsupported_encoding', ({ doc }) => Y.encodeStateAsUpdateV2(doc)],
  [
    'DOC-17 A2',
    'an edit in V2 encoding',
    'unsupported_encoding',
    () => {
      const doc = new Y.Doc();
      doc.getText('content').insert(0, 'x');
      doc.getText('content').delete(0, 1);
      return Y.encodeStateAsUpdateV2(doc);
    },
  ],
  [
    'DOC-17 A3',
    '33 million declared structs',
    'malformed_update',
    ({ me, myNext: clock }) => craftUpdate([{ client: me, clock, structs: [string('x')], declared: 33_000_000 }]),
  ],
  ['DOC-17 A3', 'four billion declared clients', 'malformed_update', () => withHuge()],
  ['DOC-17 A3', 'four billion declared deletes', 'malformed_update', () => withHuge(0)],
  ['DOC-17 A3', 'four billion declared delete ranges', 'malformed_update', () => withHuge(0, 1, 5)],
  [
    'DOC-17 A3',
    'a string of four billion bytes',
    'malformed_update',
    (s) =>
      mine(
        s,
        item(4, {}, (to) => encoding.writeVarUint(to, 2 ** 32 - 1)),
      ),
  ],
  [
    'DOC-17 A3',
    'a clock beyond 2^53',
    'malformed_update',
    ({ me }) => craftUpdate([{ client: me, clock: Number.MAX_SAFE_INTEGER, structs: [string('xy')] }]),
  ],
  ['DOC-17 A5', 'a skip over own clocks', 'schema_violation', (s) => mine(s, filler(10, 5))],
  [
    'DOC-30 A6 V1',
    'an insert under another user’s client id',
    'not_your_client_id',
    ({ victim, victimNext }) => craftUpdate([{ client: victim, clock: victimNext, structs: [string('forged')] }]),
  ],
  [
    'DOC-30 A6 V1',
    'an insert under another user’s client id beside an own one',
    'not_your_client_id',
    (s) =>
      craftUpdate([
        { client: s.me, clock: s.myNext, structs: [string('own')] },
        { client: s.victim, clock: s.victimNext, structs: [string('forged')] },
      ]),
  ],
  [
    'DOC-34 A7 V2',
    'a clock in the future',
    'gap_resync',
    ({ me, myNext }) => craftUpdate([{ client: me, clock: myNext + 1, structs: [string('x')] }]),
  ],
  [
    'DOC-34 A7 V2',
    'an unknown origin',
    'gap_resync',
    (s) => mine(s, string('x', { origin: [s.victim, s.victimNext] })),
  ],
  ['DOC-34 A7 V2', 'an unknown right origin', 'gap_resync', (s) => mine(s, string('x', { rightOrigin: [999, 0] }))],
  [
    'DOC-34 A7 V2',
    'an origin that comes later in the same block',
    'gap_resync',
    (s) => mine(s, string('x', { origin: [s.me, s.myNext + 1] }), string('y')),
  ],
  ['DOC-34 A7 V2', 'itself as origin', 'gap_resync', (s) => mine(s, string('x', { origin: [s.me, s.myNext] }))],
  [
    'DOC-34 A7 V2',
    'two clients that wait for each other',
    'gap_resync',
    (s) =>
      craftUpdate([
        { client: s.me, clock: s.myNext, structs: [string('x', { origin: [s.me + 1, 0] })] },
        { client: s.me + 1, structs: [string('y', { origin: [s.me, s.myNext] })] },
      ]),
  ],
  [
    'DOC-34 A7 V2',
    'deletes of ids that nobody wrote',
    'gap_resync',
    (s) => craftUpdate([], [[s.victim, [[s.victimNext, 1]]]]),
  ],
  ['DOC-34 A7 V2', 'deletes of an unknown client', 'gap_resync', () => craftUpdate([], [[4242, [[0, 10]]]])],
  [
    'LIM-2 A3',
    'more structs than the limit',
    'too_large',
    (s) =>
      mine(s, string('r'), ...Array.from({ length: 20_000 }, () => string('x', { rightOrigin: [s.me, s.myNext] }))),
  ],
  ['LIM-2 A11', 'an update over the limit', 'too_large', (s) => mine(s, string('x'.repeat(600_000)))],
  ['DOC-17 A9', 'a root named __proto__', 'bad_key', (s) => mine(s, string('x', { parent: '__proto__' }))],
];

/** Refused where only text may be. */
const NOT_TEXT: Attack[] = [
  ['DOC-17 A8', 'an unknown kind of content', 'schema_violation', (s) => mine(s, item(11, {}, json('x')))],
  [
    'DOC-17 A10',
    '20,001 roots',
    'schema_violation',
    (s) => mine(s, ...Array.from({ length: 20_001 }, (_, i) => string('x', { parent: `r${i}` }))),
  ],
  ['DOC-17 A5', 'collected clocks of the own id', 'schema_violation', (s) => mine(s, filler(0, 5))],
  [
    'DOC-17 A5',
    'collected clocks under another user’s id',
    'schema_violation',
    ({ victim, victimNext: clock }) => craftUpdate([{ client: victim, clock, structs: [filler(0, 100)] }]),
  ],
  ['DOC-17 A8', 'another root', 'schema_violation', (s) => mine(s, string('x', { parent: 'other' }))],
  ['DOC-17 A8', 'a nested type', 'schema_violation', (s) => mine(s, item(7, {}, type(2)))],
  ['DOC-17 A8', 'text inside a struct', 'schema_violation', (s) => mine(s, string('x', { parent: [s.victim, 0] }))],
  ['DOC-17 A8', 'a map entry', 'schema_violation', (s) => mine(s, string('x', { key: 'k' }))],
  ['DOC-17 A8', 'a map value', 'schema_violation', (s) => mine(s, item(8, { key: 'k' }, any(1)))],
  ['DOC-17 A8', 'a format', 'schema_violation', (s) => mine(s, item(6, {}, format('bold')))],
  ['DOC-17 A8', 'an embed', 'schema_violation', (s) => mine(s, item(5, {}, json('{"image":"x"}')))],
  [
    'DOC-17 A8',
    'a subdocument',
    'schema_violation',
    (s) =>
      mine(
        s,
        item(9, {}, (to) => {
          encoding.writeVarString(to, 'guid');
          encoding.writeAny(to, {});
        }),
      ),
  ],
  [
    'DOC-17 A8',
    'binary content',
    'schema_violation',
    (s) =>
      mine(
        s,
        item(3, {}, (to) => encoding.writeVarUint8Array(to, bytes(1, 2, 3))),
      ),
  ],
  [
    'DOC-17 A8',
    'an XML element',
    'schema_violation',
    () => {
      const doc = new Y.Doc();
      doc.getXmlFragment('content').insert(0, [new Y.XmlElement('p')]);
      return Y.encodeStateAsUpdate(doc);
    },
  ],
];

const deep = (depth: number) => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};
const PROTO = JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown;

/** Refused also where any shared type may be. */
const NOT_EVEN_FREE: Attack[] = [
  ['DOC-17 A1', 'an unknown kind of content', 'malformed_update', (s) => mine(s, item(11, {}, json('x')))],
  [
    'LIM-2 A10',
    '20,001 roots',
    'too_large',
    (s) => mine(s, ...Array.from({ length: 20_001 }, (_, i) => string('x', { parent: `r${i}` }))),
  ],
  [
    'DOC-17 A9 M16',
    'a map key __proto__',
    'bad_key',
    (s) => mine(s, item(8, { parent: 'map', key: '__proto__' }, any(1))),
  ],
  [
    'DOC-17 A9 M16',
    'a map key constructor',
    'bad_key',
    (s) => mine(s, item(8, { parent: 'map', key: 'constructor' }, any(1))),
  ],
  [
    'DOC-17 A9 M16',
    '__proto__ inside a value',
    'bad_key',
    (s) => mine(s, item(8, { parent: 'list' }, any([{ a: PROTO }]))),
  ],
  [
    'DOC-17 A9 M16',
    '__proto__ inside an embed',
    'bad_key',
    (s) => mine(s, item(5, { parent: 't' }, json('{"a":{"__proto__":1}}'))),
  ],
  [
    'DOC-17 A9 M16',
    'a format named __proto__',
    'bad_key',
    (s) => mine(s, item(6, { parent: 't' }, format('__proto__'))),
  ],
  [
    'DOC-17 A8 M14',
    'a value nested 5,000 deep',
    'schema_violation',
    (s) => mine(s, item(8, { parent: 'l' }, any(deep(5000)))),
  ],
  [
    'DOC-17 A8 M14',
    'an embed nested 5,000 deep',
    'schema_violation',
    (s) => mine(s, item(5, { parent: 't' }, json('['.repeat(5000) + ']'.repeat(5000)))),
  ],
  ['DOC-17 A1', 'a type that does not exist', 'malformed_update', (s) => mine(s, item(7, { parent: 'l' }, type(7)))],
  ['DOC-17 A1', 'an embed that is no JSON', 'malformed_update', (s) => mine(s, item(5, { parent: 't' }, json('{')))],
  [
    'DOC-34 A7 V2',
    'a child of an unknown type',
    'gap_resync',
    (s) => mine(s, string('x', { parent: [s.victim, s.victimNext] })),
  ],
];

describe.each<[DocumentKind, Attack[]]>([
  ['text', [...ATTACKS, ...NOT_TEXT]],
  ['free', [...ATTACKS, ...NOT_EVEN_FREE]],
])('in a document of kind %s', (kind, attacks) => {
  let documentId: string;
  let honest: PlainEditor;
  let hostile: PlainEditor;

  beforeAll(async () => {
    ({ documentId } = await world.share(ada, [[mallory, 'editor']], { kind }));
  });
  beforeEach(async () => {
    honest = await PlainEditor.open(await world.connect(ada), documentId);
    hostile = await PlainEditor.open(await world.connect(mallory), documentId);
    await honest.type('honest ');
    await hostile.type('hostile ');
    await honest.shows((text) => text.endsWith('hostile '));
  });

  it.each(attacks)('%s: %s is %s, and nothing else changes', async (_rule, _what, code, build) => {
    const before = await world.rows(documentId);
    const bound = await world.count('document_clients', documentId);
    const { doc } = honest;
    const update = build({
      doc,
      me: hostile.doc.clientID,
      myNext: Y.getState(doc.store, hostile.doc.clientID),
      victim: doc.clientID,
      victimNext: Y.getState(doc.store, doc.clientID),
    });
    const refusal = await refusedWith(hostile.client.ask('document:update', { documentId, update }));
    expect(refusal.code).toBe(code);
    if (code === 'gap_resync') expect(refusal.details).toMatchObject({ seq: before.length });
    if (code === 'too_large') expect(refusal.details).toEqual({ limit: expect.any(Number) });
    expect(await world.rows(documentId)).toEqual(before);
    expect(await world.count('document_clients', documentId)).toBe(bound);
    // The others notice nothing, and the sender may go on.
    expect(await honest.type('+')).toBe(before.length + 1);
    expect(await hostile.type('-')).toBe(before.length + 2);
    await honest.shows((text) => text.endsWith('+-'));
    const cold = await PlainEditor.open(await world.connect(ada), documentId);
    expect(cold.fingerprint).toEqual(honest.fingerprint);
    expect(await storedFingerprint(world.sql, documentId)).toEqual(honest.fingerprint);
  });
});

describe('limits of a document', () => {
  const parts = async (client: PlainClient, documentId: string, chunks: Uint8Array[]) => {
    const asked = chunks.map((update, part) =>
      client.ask('document:update', { documentId, update, uploadId: 'u', part, parts: chunks.length }),
    );
    return Promise.all(asked);
  };

  it('LIM-2 A11: a document that is full says so with its limit, and what is in it stays editable', async () => {
    const { documentId } = await world.share(ada, [], { text: 'x'.repeat(MAX_DOCUMENT_BYTES - 10_000) });
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const update = editor.prepare((text) => text.insert(0, 'y'.repeat(20_000)));
    const refusal = await refusedWith(editor.client.ask('document:update', { documentId, update }));
    expect(refusal).toMatchObject({ code: 'doc_full', retry: 'never', details: { limit: MAX_DOCUMENT_BYTES } });
    const fresh = await PlainEditor.open(await world.connect(ada), documentId);
    expect(fresh.text.length).toBe(MAX_DOCUMENT_BYTES - 10_000);
    fresh.doc.getText('content').delete(0, 5);
    expect(await fresh.type('small')).toBe(3);
  });

  it('LIM-2 A11: a paste of 50 MB is refused on the way, and the connection stays', async () => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const { limits } = editor.client.told('server:hello')[0]!;
    const chunks = Array.from({ length: 50 }, () => new Uint8Array(1_000_000));
    const answers = await parts(editor.client, documentId, chunks);
    const first = answers.findIndex((answer) => !answer.ok);
    expect(first).toBe(Math.floor(limits.maxUploadBytes / 1_000_000));
    expect(answers[first]).toMatchObject({ error: { code: 'too_large', details: { limit: limits.maxUploadBytes } } });
    expect(await editor.type('still here')).toBe(1);
  });

  it('LIM-2 DOC-30: one session binds a limited number of client ids', async () => {
    const { documentId } = await world.share(ada);
    const client = await world.connect(ada);
    await PlainEditor.open(client, documentId);
    const { limits } = client.told('server:hello')[0]!;
    const blocks = Array.from({ length: limits.maxClientIds + 1 }, (_, i) => ({
      client: i + 1,
      structs: [string('x')],
    }));
    const update = craftUpdate(blocks);
    expect(await refusedWith(client.ask('document:update', { documentId, update }))).toMatchObject({
      code: 'too_large',
      details: { limit: limits.maxClientIds },
    });
    expect(await world.count('document_updates', documentId)).toBe(0);
  });
});

it('A3 M7 M8 M9: bombs cost no memory, and an honest editor in the room hardly notices', async () => {
  const { documentId } = await world.share(ada, [[mallory, 'editor']]);
  const honest = await PlainEditor.open(await world.connect(ada), documentId);
  const hostile = await PlainEditor.open(await world.connect(mallory), documentId);
  const gap = craftUpdate([{ client: hostile.doc.clientID, clock: 1, structs: [string('x')] }]);
  const bombs = [withHuge(), withHuge(0), withHuge(1, 1), withHuge(0, 1, 5), gap];
  const before = process.memoryUsage();
  const answers: Promise<unknown>[] = [];
  let slowest = 0;
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 25; i++) {
      const update = bombs[i % bombs.length]!;
      answers.push(refusedWith(hostile.client.ask('document:update', { documentId, update })));
    }
    const typedAt = performance.now();
    await honest.type('.');
    slowest = Math.max(slowest, performance.now() - typedAt);
  }
  await Promise.all(answers);
  const after = process.memoryUsage();
  expect(slowest).toBeLessThan(1000);
  expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(100_000_000);
  expect(replay((await world.rows(documentId)).map((row) => row.bytes)).getText('content').length).toBe(40);
});
