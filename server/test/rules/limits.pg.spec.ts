import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { accepted, type PlainClient, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

/** Not the defaults: what binds must be what `server:hello` tells. */
const MAX_UPDATE_BYTES = 4096;
const MAX_DOCUMENT_BYTES = 100_000;

describe('limits at their edges', () => {
  let world: SyncWorld;
  let ada: Person;

  beforeAll(async () => {
    world = await SyncWorld.start({
      limits: { maxUpdateBytes: MAX_UPDATE_BYTES, maxDocumentBytes: MAX_DOCUMENT_BYTES },
    });
    ada = await world.person('Ada');
  });
  afterEach(() => world?.hangUp());
  afterAll(() => world?.stop());

  const limitsOf = (client: PlainClient) => client.told('server:hello')[0]!.limits;

  async function editor(): Promise<PlainEditor> {
    const { documentId } = await world.share(ada);
    return PlainEditor.open(await world.connect(ada), documentId);
  }

  /** An insertion that is exactly so many bytes on the wire. */
  function insertion(bytes: number): Uint8Array {
    const make = (length: number) => {
      const doc = new Y.Doc();
      doc.clientID = 7;
      doc.getText('content').insert(0, 'x'.repeat(length));
      return Y.encodeStateAsUpdate(doc);
    };
    return make(bytes - (make(bytes).length - bytes));
  }

  it('LIM-1: server:hello tells what this server was set to, not the defaults', async () => {
    const { limits } = await (await world.connect(ada)).greeted();
    expect(limits).toMatchObject({ maxUpdateBytes: MAX_UPDATE_BYTES, maxDocumentBytes: MAX_DOCUMENT_BYTES });
  });

  it('LIM-2: an update of exactly maxUpdateBytes is stored, one byte more is too_large', async () => {
    const { client, documentId } = await editor();
    const [fits, tooLong] = [insertion(MAX_UPDATE_BYTES), insertion(MAX_UPDATE_BYTES + 1)];
    expect([fits.length, tooLong.length]).toEqual([MAX_UPDATE_BYTES, MAX_UPDATE_BYTES + 1]);
    expect(await refusedWith(client.ask('document:update', { documentId, update: tooLong }))).toEqual({
      code: 'too_large',
      message: 'Larger than the limit',
      retry: 'never',
      details: { limit: MAX_UPDATE_BYTES },
    });
    expect(await accepted(client.ask('document:update', { documentId, update: fits }))).toMatchObject({ seq: 1 });
    expect(await world.count('document_updates', documentId)).toBe(1);
  });

  it('LIM-2 DOC-15: what is too large for one message is stored when it comes in parts', async () => {
    const { client, documentId } = await editor();
    const update = insertion(MAX_UPDATE_BYTES * 2);
    const send = (part: number) =>
      client.ask('document:update', {
        documentId,
        update: update.subarray(part * MAX_UPDATE_BYTES, (part + 1) * MAX_UPDATE_BYTES),
        uploadId: 'u',
        part,
        parts: 2,
      });
    expect(await Promise.all([send(0), send(1)])).toEqual([{ ok: true }, { ok: true, seq: 1 }]);
  });

  it('LIM-2: an edit of exactly maxUpdateStructs is stored, one struct more is too_large', async () => {
    const wide = await SyncWorld.start();
    try {
      const person = await wide.person('Ada');
      const { documentId } = await wide.share(person);
      const client = await wide.connect(person);
      await accepted(client.ask('document:open', { documentId }));
      const { maxUpdateStructs } = limitsOf(client);
      const typed = (clientID: number, count: number) => {
        const doc = new Y.Doc();
        doc.clientID = clientID;
        // Each in front of the last: none of them can be merged into one struct.
        for (let i = 0; i < count; i++) doc.getText('content').insert(0, 'y');
        return Y.encodeStateAsUpdate(doc);
      };
      const tooMany = client.ask('document:update', { documentId, update: typed(1, maxUpdateStructs + 1) });
      expect(await refusedWith(tooMany)).toMatchObject({ code: 'too_large', details: { limit: maxUpdateStructs } });
      const most = client.ask('document:update', { documentId, update: typed(2, maxUpdateStructs) });
      expect(await accepted(most)).toMatchObject({ seq: 1 });
    } finally {
      await wide.stop();
    }
  });

  it('LIM-2: a state of exactly maxAwarenessBytes is shown, one byte more is too_large', async () => {
    const { client, documentId, doc } = await editor();
    const { maxAwarenessBytes } = limitsOf(client);
    const watcher = await world.connect(ada);
    await accepted(watcher.ask('document:open', { documentId }));
    const state = (bytes: number) => {
      const awareness = new Awareness(doc);
      awareness.setLocalState({ x: 'x'.repeat(bytes - JSON.stringify({ x: '' }).length) });
      const update = encodeAwarenessUpdate(awareness, [doc.clientID]);
      awareness.destroy();
      return update;
    };
    const tooLong = client.ask('awareness:update', { documentId, update: state(maxAwarenessBytes + 1) });
    expect(await refusedWith(tooLong)).toMatchObject({ code: 'too_large', details: { limit: maxAwarenessBytes } });
    client.sendRaw('awareness:update', { documentId, update: state(maxAwarenessBytes) });
    await watcher.hears('awareness:update');
    expect(watcher.told('awareness:update')).toHaveLength(1);
  });

  it('LIM-2: a document that was closed makes room for another one', async () => {
    const { projectId } = await world.share(ada);
    const client = await world.connect(ada);
    const { maxOpenDocuments } = limitsOf(client);
    await world.sql.query(
      `INSERT INTO documents (project_id, path, path_key, kind)
       SELECT $1, 'many/' || n, 'many/' || n, 'text' FROM generate_series(1, $2::int) n`,
      [projectId, maxOpenDocuments],
    );
    const { documents } = await accepted(client.ask('project:open', { projectId }));
    const [last, ...most] = documents.map(({ id }) => id);
    await Promise.all(most.map((documentId) => accepted(client.ask('document:open', { documentId }))));
    const open = () => client.ask('document:open', { documentId: last! });
    expect(await refusedWith(open())).toMatchObject({ code: 'too_large', details: { limit: maxOpenDocuments } });
    await accepted(client.ask('document:close', { documentId: most[0]! }));
    expect(await accepted(open())).toMatchObject({ seq: 0 });
  });

  it('LIM-2: a refusal for size ends no connection and no document', async () => {
    const { client, documentId, doc } = await editor();
    for (let i = 1; i <= 5; i++) {
      const update = insertion(MAX_UPDATE_BYTES + i);
      expect((await refusedWith(client.ask('document:update', { documentId, update }))).code).toBe('too_large');
    }
    doc.getText('content').insert(0, 'still here');
    const update = Y.encodeStateAsUpdate(doc);
    expect(await accepted(client.ask('document:update', { documentId, update }))).toMatchObject({ seq: 1 });
    expect(client.isConnected).toBe(true);
  });
});
