import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { serverHello, wireError } from '@tandem/protocol';
import { seededRandom } from '@tandem/protocol/testing';
import WebSocket from 'ws';
import { eventually } from '../../src/testing/eventually.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

it('CON-3 LIM-1: the first event is server:hello, with the limits in force', async () => {
  const client = await world.connect(ada);
  expect(client.events[0]!.name).toBe('server:hello');
  const hello = serverHello.strict().parse(client.events[0]!.body);
  expect(hello).toMatchObject({ protocol: 1, userId: ada.user.id, limits: world.engine.settings.limits });
  expect(Math.abs(hello.now - Date.now())).toBeLessThan(5_000);
});

describe('requests that are none', () => {
  const OTHERS = ['server:hello', 'document:piece', 'document:resync', 'document:status', 'session:closed'];
  it.each(['no:such', 'error', '__proto__', 'toString', 'constructor', '', ...OTHERS])(
    'CON-7 A14 A15: the event %j is unknown_message',
    async (event) => {
      const client = await world.connect(ada);
      expect(await refusedWith(client.askRaw(event, { documentId: randomUUID() }))).toMatchObject({
        code: 'unknown_message',
        retry: 'never',
      });
      expect(client.isConnected).toBe(true);
    },
  );

  it('CON-7 A27: a number as an event name is unknown_message, and the server lives', async () => {
    const client = await world.connect(ada);
    expect((await refusedWith(client.askRaw(5, {}))).code).toBe('unknown_message');
    client.sendRaw(7);
    expect(await client.hears('server:error')).toMatchObject({ event: '7', error: { code: 'unknown_message' } });
  });

  const id = randomUUID();
  const BODIES: [event: string, ...args: unknown[]][] = [
    ['document:open'],
    ['document:open', null],
    ['document:open', 'text'],
    ['document:open', []],
    ['document:open', {}],
    ['document:open', { documentId: 'not-a-uuid' }],
    ['document:open', { documentId: { $ne: null } }],
    ['document:open', { documentId: id, clientId: -1 }],
    ['document:open', { documentId: id, clientId: 2 ** 60 }],
    ['document:open', { documentId: id, seq: 'x' }],
    ['document:open', { documentId: id, stateVector: 'AAA=' }],
    ['document:open', { documentId: id, instance: 'x'.repeat(65) }],
    ['document:update', { documentId: id }],
    ['document:update', { documentId: id, update: [1, 2, 3] }],
    ['document:update', { documentId: id, update: { type: 'Buffer', data: [0, 0] } }],
    ['document:update', { documentId: id, update: new Uint8Array(2), part: 0, parts: 5000, uploadId: 'u' }],
    ['document:update', { documentId: id, update: new Uint8Array(2), provenance: { completionId: 1 } }],
    ['document:close', { documentId: 5 }],
    ['awareness:update', { documentId: id, update: 'x' }],
    ['project:open', { projectId: "'; DROP TABLE documents; --" }],
    ['session:renew', { token: 'x'.repeat(8193) }],
    ['session:renew', 'token'],
  ];
  it.each(BODIES)('CON-7 A15 A41: %s %j is bad_request', async (event, ...args) => {
    const client = await world.connect(ada);
    const refusal = await refusedWith(client.askRaw(event, ...args));
    expect(refusal).toMatchObject({ code: 'bad_request', retry: 'never' });
    expect(refusal.message).not.toMatch(/select|\bat \/|node_modules/i);
    expect(client.isConnected).toBe(true);
  });

  it('CON-7 A15: what was sent without an ack is refused by server:error', async () => {
    const client = await world.connect(ada);
    const documentId = randomUUID();
    client.sendRaw('document:open', { documentId });
    client.sendRaw('document:update', { documentId, update: 7 });
    client.sendRaw('no:such', 'x');
    client.sendRaw('awareness:update', { documentId, update: new Uint8Array([0]) });
    await eventually('four refusals', () => client.told('server:error').length === 4);
    const told = client.told('server:error').map((body) => [body.event, body.documentId, body.error.code]);
    expect(told.sort()).toEqual([
      ['awareness:update', documentId, 'not_open'],
      ['document:open', documentId, 'not_found'],
      ['document:update', documentId, 'bad_request'],
      ['no:such', undefined, 'unknown_message'],
    ]);
  });

  it('CON-6: every request is answered once, in the one form', async () => {
    const { projectId, documentId } = await world.share(ada);
    const client = await world.connect(ada);
    const answers = await Promise.all([
      client.ask('project:open', { projectId }),
      client.ask('document:open', { documentId }),
      client.ask('document:update', { documentId, update: new Uint8Array([0, 0]) }),
      client.ask('document:close', { documentId }),
      client.ask('project:close', { projectId }),
      client.ask('document:close', { documentId }),
    ]);
    expect(answers.map(({ ok }) => ok)).toEqual(answers.map(() => true));
    const refusal = await refusedWith(client.ask('document:open', { documentId: randomUUID() }));
    expect(wireError.strict().parse(refusal)).toEqual(refusal);
  });

  it('ERR-1 ERR-5: a refusal has a code, words and what to do, and nothing of the inside', async () => {
    const client = await world.connect(ada);
    const refusal = await refusedWith(client.ask('document:open', { documentId: randomUUID() }));
    expect(refusal).toEqual({ code: 'not_found', message: 'Not found', retry: 'never' });
  });

  it('DOC-6 A16: an edit or a cursor in a document that is not open is not_open', async () => {
    const { documentId } = await world.share(ada);
    const client = await world.connect(ada);
    const update = new Uint8Array([0, 0]);
    expect((await refusedWith(client.ask('document:update', { documentId, update }))).code).toBe('not_open');
    expect((await refusedWith(client.ask('awareness:update', { documentId, update }))).code).toBe('not_open');
    expect(await client.ask('document:close', { documentId })).toEqual({ ok: true });
  });
});

describe('below Socket.IO', () => {
  const raw = async () => {
    const socket = new WebSocket(`${world.server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(data.toString()));
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    await once(socket, 'open');
    return { socket, heard, closed };
  };

  it('CON-13 A16: what is sent before the handshake is not heard, and ends the connection', async () => {
    const { documentId } = await world.share(ada);
    const { socket, heard, closed } = await raw();
    socket.send(`42["document:open",{"documentId":"${documentId}"}]`);
    await closed;
    // The only answer is that it did not sign in.
    expect(heard.filter((packet) => !packet.startsWith('0'))).toEqual([expect.stringMatching(/^44.*"unauthorized"/)]);
    expect(world.engine.rooms.get(documentId)).toBeUndefined();
  });

  it('A27: packets of garbage end their own connection at most', async () => {
    const random = seededRandom(20_261);
    const { documentId } = await world.share(ada);
    const honest = await PlainEditor.open(await world.connect(ada), documentId);
    const { accessToken: token } = ada;
    const seeds = [
      '42["document:open",{"documentId":1}]',
      `451-["document:update",{"documentId":"${documentId}","update":{"_placeholder":true,"num":0}}]`,
      '451-["document:update",{"_placeholder":true,"num":-1}]',
      '452-1["document:update",{"_placeholder":true,"num":0}]',
      '42{"a":1}',
      '42["__proto__"]',
      '43[1]',
      '4399[{"ok":true}]',
      '41',
      '40/other,{}',
      '4',
      '6',
      '1',
      `42${'['.repeat(2000)}`,
    ];
    for (let i = 0; i < 60; i++) {
      const { socket } = await raw();
      if (random.chance(0.7)) socket.send(`40${JSON.stringify({ token, protocol: 1 })}`);
      for (let j = 0; j < 8; j++) {
        const bytes = Buffer.from(random.pick(seeds));
        if (random.chance(0.5)) bytes[random.integer(bytes.length)] = random.integer(256);
        if (socket.readyState === WebSocket.OPEN) socket.send(random.chance(0.3) ? bytes : bytes.toString('latin1'));
      }
      socket.close();
    }
    expect(await honest.type('alive')).toBe(1);
    await world.roomHas(documentId, 1);
    expect(world.server.log).not.toMatch(/"level":60/);
  });

  it('LIM-2 A17: one packet above maxPacketBytes ends its connection, and no other', async () => {
    const { documentId } = await world.share(ada);
    const honest = await PlainEditor.open(await world.connect(ada), documentId);
    const client = await world.connect(ada);
    const { limits } = client.told('server:hello')[0]!;
    client.sendRaw('document:update', { documentId, update: new Uint8Array(limits.maxPacketBytes + 1) });
    await eventually('the connection ends', () => !client.isConnected);
    expect(await honest.type('alive')).toBe(1);
  });
});

it('VER-1: a version that is not spoken is unsupported_protocol, none means 1', async () => {
  expect(await world.dial({ token: ada.accessToken, protocol: 2 }).refused()).toMatchObject({
    code: 'unsupported_protocol',
    retry: 'never',
  });
  await world.dial({ token: ada.accessToken }).greeted();
});

it('CON-9: a server that stops says so, answers what it took, and only then ends the connections', async () => {
  const own = await SyncWorld.start();
  try {
    const person = await own.person('Grace');
    const { documentId } = await own.share(person);
    const client = await own.connect(person);
    const editor = await PlainEditor.open(client, documentId);
    const release = await own.holdAppends(documentId);
    const typed = editor.type('typed in the last moment');
    await own.appendWaits();
    const stopped = own.server.app.close();
    const { reconnectAfterMs } = await client.hears('server:drain');
    expect(reconnectAfterMs).toBeGreaterThan(0);
    expect(client.isConnected).toBe(true);
    await release();
    expect(await typed).toBe(1);
    await stopped;
    await eventually('the connection ends', () => !client.isConnected);
    expect(await own.count('document_updates', documentId)).toBe(1);
  } finally {
    await own.stop();
  }
});

it('PRJ-3: several projects on one connection, and after a close nothing more of it', async () => {
  const [first, second] = [await world.share(ada), await world.share(ada)];
  const client = await world.connect(ada);
  for (const { projectId, documentId } of [first, second]) {
    const answer = await accepted(client.ask('project:open', { projectId }));
    expect(answer).toMatchObject({ role: 'owner', documents: [{ id: documentId, kind: 'text' }] });
  }
  await world.addDocument(ada, first.projectId);
  await world.addDocument(ada, second.projectId);
  await eventually('both are told', () => client.told('project:event').length === 2);
  expect(client.told('project:event').map(({ projectId }) => projectId)).toEqual([first.projectId, second.projectId]);
  await accepted(client.ask('project:close', { projectId: first.projectId }));
  await world.addDocument(ada, first.projectId);
  await world.addDocument(ada, second.projectId);
  await eventually('the open one is told', () => client.told('project:event').length === 3);
  expect(client.told('project:event').at(-1)!.projectId).toBe(second.projectId);
});
