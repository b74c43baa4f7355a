import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TandemApi, TandemClient } from '@tandem/protocol/client';
import { linkTokens } from '@tandem/protocol/http';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { type ServerProcess, startServerProcess, stopAllServers } from '../../src/testing/server-process.js';
import { makeTempDir, removeTempDir } from '../../src/testing/temp-dir.js';
import { PlainClient } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';

/** A server that is stopped in good order, by the signal that every supervisor sends, while people type. */
describe('a server that is stopped', () => {
  const folder = makeTempDir();
  let server: ServerProcess;
  const start = (port = '0') => startServerProcess({ dataDir: join(folder, 'data'), cwd: folder, env: { PORT: port } });
  const linkToken = () => new URLSearchParams(new URL(server.link).hash.slice(1)).get('link') ?? '';

  beforeAll(async () => {
    server = await start();
  });
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(async () => {
    await stopAllServers();
    removeTempDir(folder);
  });

  it('CON-9: says so, and what it answered while it stopped is there when it is back', async () => {
    const api = new TandemApi({ url: server.url });
    const { accessToken, documentId } = linkTokens.parse(await api.link({ token: linkToken() }));
    const client = new PlainClient(server.url, { token: accessToken });
    closing.push(() => client.disconnect());
    await client.greeted();
    const editor = await PlainEditor.open(client, documentId!);

    // Always some on their way, also when the signal comes.
    const acked: { word: string; seq: number }[] = [];
    let waiting = 0;
    let stopping: Promise<number | string> | undefined;
    for (let i = 0; client.isConnected; i++) {
      const word = `word${i};`;
      waiting += 1;
      editor.type(word, 0).then(
        (seq) => {
          waiting -= 1;
          acked.push({ word, seq });
        },
        () => {},
      );
      if (i === 50) stopping = server.stop('SIGTERM');
      while (waiting >= 20 && client.isConnected) await nextTurn();
      await nextTurn();
    }
    expect(await stopping).toBe(0);
    expect(client.told('server:drain')).toHaveLength(1);
    expect(client.told('server:drain')[0]!.reconnectAfterMs).toBeGreaterThan(0);
    expect(acked.length).toBeGreaterThan(30);

    server = await start(new URL(server.url).port);
    const back = new PlainClient(server.url, { token: accessToken });
    closing.push(() => back.disconnect());
    await back.greeted();
    const after = await PlainEditor.open(back, documentId!, { doc: new Y.Doc() });
    expect(after.opened.seq).toBeGreaterThanOrEqual(Math.max(...acked.map(({ seq }) => seq)));
    expect(acked.filter(({ word }) => !after.text.includes(word))).toEqual([]);
  });

  it('CON-9 CON-10: an editor with the SDK comes back by itself and loses nothing', async () => {
    const api = new TandemApi({ url: server.url });
    const { documentId } = linkTokens.parse(await api.link({ token: linkToken() }));
    const client = new TandemClient({ url: server.url, token: (options) => api.accessToken(options) });
    closing.push(() => client.close());
    await client.connect();
    const provider = client.openDocument(documentId!);
    await provider.whenSynced();
    const statuses: string[] = [];
    client.on('status', (status) => statuses.push(status));

    const { port } = new URL(server.url);
    const stopping = server.stop('SIGTERM');
    for (let i = 0; client.status === 'online' || i < 50; i++) {
      provider.text.insert(0, `during${i};`);
      await nextTurn();
    }
    expect(await stopping).toBe(0);
    provider.text.insert(0, 'after;');
    server = await start(port);
    await eventually('everything is stored', () => client.status === 'online' && client.unsaved === 0);
    expect(statuses).not.toContain('closed');

    const stored = await fetch(`${server.url}/api/v1/documents/${documentId}/text`, {
      headers: { authorization: `Bearer ${await api.accessToken()}` },
    });
    expect(await stored.text()).toBe(provider.text.toString());
  });
});
