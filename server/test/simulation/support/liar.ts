import * as Y from 'yjs';
import { Process } from '../../../src/testing/simulation/virtual-loop.js';
import { ATTACKS, type Attack, NOT_TEXT } from '../../support/hostile-updates.js';
import type { Caller } from './network.js';
import type { Step } from './plan.js';
import { DOCUMENTS, LIAR, type World } from './world.js';

type Lie = Extract<Step, { do: 'lie' }>;
type Send = (event: string, body: unknown) => void;

/** Those that take long to make add nothing here: mutated-updates.pg.spec.ts has them. */
const UPDATES: readonly Attack[] = [...ATTACKS, ...NOT_TEXT].filter(
  ([rule, what]) => !/^LIM/.test(rule) && !/20,001/.test(what),
);

const bytes = (...values: number[]) => new Uint8Array(values);
/** State vectors that nobody has (F22). */
const VECTORS = [
  bytes(0),
  bytes(1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
  bytes(0xff, 0xff, 0xff, 0xff, 0x0f),
  bytes(2, 1, 5),
  bytes(),
];

/** How many different lies there are. */
export const LIES = UPDATES.length + VECTORS.length + 6;

/** Somebody with the right to write who does not keep to the protocol: connects, says one thing that is not so, and goes. */
export async function lie(world: World, { node, doc, what, salt }: Lie): Promise<boolean> {
  const { loop, database, dialer } = world;
  const documentId = DOCUMENTS[doc]!;
  const document = database.document(documentId);
  if (!document || world.liveNodes.length === 0) return false;
  const caller: Caller = {
    process: new Process('liar'),
    userId: LIAR,
    node,
    plan: { latency: 3 },
    connection: undefined,
  };
  const me = 7_000_000 + salt;
  const say = lies(world, documentId, me)[what % LIES]!;
  await loop.enter(caller.process, () => {
    const socket = dialer.dialFor(caller)(
      '',
      { token: LIAR },
      {
        event: (name) => {
          if (name !== 'server:hello') return;
          say((event, body) => socket.send(event, body, () => {}));
          loop.post(caller.process, 600, () => socket.close());
        },
        refused() {},
        closed() {},
      },
    );
  });
  return true;
}

function lies(world: World, documentId: string, me: number): ((send: Send) => void)[] {
  const document = world.database.document(documentId)!;
  const doc = new Y.Doc();
  for (const { bytes: row } of document.rows.slice(document.floor)) Y.applyUpdate(doc, row);
  const [victim, victimNext] = [...Y.decodeStateVector(Y.encodeStateVector(doc))][0] ?? [1, 0];
  const open = { documentId, clientId: me, instance: 'liar' };
  const afterOpen = (update: Uint8Array) => (send: Send) => {
    send('document:open', open);
    send('document:update', { documentId, update });
  };
  return [
    ...UPDATES.map(([, , , build]) => afterOpen(build({ me, myNext: 0, victim, victimNext, doc }))),
    ...VECTORS.map((stateVector) => (send: Send) => send('document:open', { ...open, stateVector })),
    (send) => send('document:open', { ...open, seq: 1_000_000, epoch: document.epoch }),
    (send) => send('document:open', { ...open, seq: 0, epoch: document.epoch + 7 }),
    (send) => send('document:open', { ...open, clientId: victim }),
    (send) => send('document:update', { documentId, update: bytes(0, 0) }),
    (send) => send('document:nonsense', { documentId }),
    (send) => {
      for (let i = 0; i < 3; i++) send('document:open', open);
      send('document:close', { documentId });
      send('document:update', { documentId, update: bytes(0, 0) });
    },
  ];
}
