import type { ErrorCode } from '@tandem/protocol';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { craftUpdate, filler, item, string } from './craft-update.js';

/** What a hostile update is made from: the ids of the sender and of the honest editor, and how far both are. */
export interface Scene {
  readonly me: number;
  readonly myNext: number;
  readonly victim: number;
  readonly victimNext: number;
  /** The whole document. */
  readonly doc: Y.Doc;
}

export type Attack = readonly [rule: string, what: string, code: ErrorCode, build: (scene: Scene) => Uint8Array];

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
/** A count of four billion behind what comes before. */
export const withHuge = (...before: number[]) => bytes(...before, 0xff, 0xff, 0xff, 0xff, 0x0f);

/** Refused in documents of every kind. */
export const ATTACKS: Attack[] = [
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
export const NOT_TEXT: Attack[] = [
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
export const NOT_EVEN_FREE: Attack[] = [
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
