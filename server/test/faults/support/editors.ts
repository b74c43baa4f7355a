import type { EventOf } from '@tandem/protocol';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { Chooses } from '../../../src/testing/fault-proxy.js';
import { PlainClient } from '../../support/plain-client.js';
import { PlainEditor } from '../../support/plain-editor.js';
import type { Person } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';

const clients = new Set<PlainClient>();
const HEADER = 'x-test-client';

/** Somebody with a stock client at a node, signed in and greeted. `mark`: for faults of this connection alone, see `marked`. */
export async function connectTo(node: ClusterNode, { token }: Person, mark = 'none'): Promise<PlainClient> {
  const client = new PlainClient(node.url, { token, protocol: 1 }, { [HEADER]: mark });
  clients.add(client);
  await client.greeted();
  return client;
}

/** Connections of clients with the mark, at the door of a node. */
export const marked =
  (mark: string): Chooses =>
  ({ hello }) =>
    hello.includes(`${HEADER}: ${mark}\r\n`);

export async function editAt(
  node: ClusterNode,
  person: Person,
  documentId: string,
  mark?: string,
): Promise<PlainEditor> {
  return PlainEditor.open(await connectTo(node, person, mark), documentId);
}

/** A cursor, and those of others, as one editor sees them. */
export class Cursors {
  private readonly own: Awareness;
  private readonly seen: Awareness;

  constructor(private readonly editor: PlainEditor) {
    this.own = new Awareness(editor.doc);
    this.seen = new Awareness(new Y.Doc());
    this.seen.setLocalState(null);
    const { documentId, opened, client } = editor;
    if (opened.awareness) applyAwarenessUpdate(this.seen, opened.awareness, 'server');
    const take = (told: EventOf<'awareness:update'>) => {
      if (told.documentId === documentId) applyAwarenessUpdate(this.seen, told.update, 'server');
    };
    // What came since the answer is taken too.
    for (const told of client.told('awareness:update')) take(told);
    client.on('awareness:update', take);
  }

  move(cursor: unknown): void {
    const { client, documentId, doc } = this.editor;
    this.own.setLocalState({ cursor });
    client.sendRaw('awareness:update', { documentId, update: encodeAwarenessUpdate(this.own, [doc.clientID]) });
  }

  of({ doc }: PlainEditor): unknown {
    return this.seen.getStates().get(doc.clientID)?.cursor;
  }

  /** y-protocols keeps a timer. */
  destroy(): void {
    this.own.destroy();
    this.seen.destroy();
  }
}

/** For `afterEach`: of those who are not `kept`. */
export function hangUp(kept: readonly PlainClient[] = []): void {
  for (const client of clients) {
    if (kept.includes(client)) continue;
    client.disconnect();
    clients.delete(client);
  }
}
