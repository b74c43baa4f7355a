import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { io } from 'socket.io-client';
import { SocketDoor } from '../../src/platform/sockets/socket-door.js';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import type { TestSettings } from '../../src/testing/test-app.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { RawSocket } from './support/raw-socket.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
const sockets: { terminate(): void }[] = [];

function starts(settings: TestSettings = {}): void {
  beforeAll(async () => {
    world = await SyncWorld.start(settings);
    [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await world.hangUp();
  });
  afterAll(() => world.stop());
}

async function raw(headers: Record<string, string> = {}): Promise<RawSocket> {
  const socket = await RawSocket.open(world.server.url, headers);
  sockets.push(socket);
  return socket;
}

const hello = (more: object = {}) => `40${JSON.stringify({ token: ada.accessToken, protocol: 1, ...more })}`;
const door = () => world.server.app.get(SocketDoor, { strict: false });

/** Somebody who sends a request one byte every half second. */
function dripping() {
  const { hostname, port } = new URL(world.server.url);
  const tcp: Socket = connect(Number(port), hostname);
  tcp.on('error', () => undefined);
  let answer = '';
  tcp.on('data', (data) => {
    answer += data.toString();
  });
  tcp.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n');
  const drip = setInterval(() => tcp.write('X'), 500);
  const isCutOff = eventually('it is cut off', () => tcp.destroyed, 20_000).then(() => answer);
  // Told by the test that waits for it.
  isCutOff.catch(() => undefined).finally(() => clearInterval(drip));
  return { isCutOff, end: () => tcp.destroy() };
}

describe('before the sign-in', () => {
  starts();
  // Takes its time, in which the others go on.
  let slow: ReturnType<typeof dripping>;
  beforeAll(() => {
    slow = dripping();
  });
  afterAll(() => void slow?.end());

  it.each<[string, () => string | Buffer]>([
    ['an event', () => '42["document:open",{}]'],
    ['bytes', () => Buffer.from([0, 1, 2, 3])],
    ['a hello above maxHelloBytes', () => hello({ more: 'x'.repeat(8192) })],
    ['900 kB', () => 'x'.repeat(900_000)],
    ['an answer', () => '430[{}]'],
    ['the end of a session', () => '41'],
    ['nothing', () => ''],
  ])('CON-14 A16: %s instead of a hello is unauthorized, and ends the connection', async (_what, packet) => {
    const socket = await raw();
    socket.send(packet());
    await socket.ends();
    expect(socket.refusal).toMatchObject({ code: 'unauthorized', retry: 'never' });
    await eventually('nothing of it is left', () => door().pending === 0);
  });

  it('CON-14 A16: a hello of nearly maxHelloBytes is taken', async () => {
    const socket = await raw();
    const room = 8192 - hello({ more: '' }).length;
    socket.send(hello({ more: 'x'.repeat(room) }));
    await socket.hears('42["server:hello"');
  });

  it('CON-14 A16: what comes while the hello is checked ends it, and one token is checked', async () => {
    const socket = await raw();
    socket.send(hello());
    socket.send(hello());
    await socket.ends();
    expect(socket.refusal?.code).toBe('unauthorized');
    expect(socket.heard.filter((packet) => packet.startsWith('40') || packet.startsWith('42'))).toEqual([]);
    await eventually('nothing of it is left', () => door().pending === 0 && door().open === 0);
  });

  it('CON-14 A22: who says nothing is sent away within 5 s', async () => {
    const socket = await raw();
    const since = performance.now();
    await socket.ends();
    expect(performance.now() - since).toBeLessThan(5000 + 3000 * patience());
    await eventually('nothing of it is left', () => door().pending === 0);
  });

  it('CON-14: who was refused does not stay connected', async () => {
    const socket = await raw();
    socket.send(hello({ token: 'not a token' }));
    await socket.ends();
    expect(socket.refusal?.code).toBe('invalid_token');
  });

  it('A22: a connection is kept for longer than a load balancer keeps it, so that no request meets its end', async () => {
    const { headers } = await fetch(`${world.server.url}/livez`);
    expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(60);
  });

  it('A24 A22: a websocket that claims to go on from long polling is refused, also with a known session', async () => {
    const socket = await raw();
    const [open] = socket.heard.length > 0 ? socket.heard : [await socket.hears('0')];
    const { sid } = JSON.parse(open!.slice(1)) as { sid: string };
    expect((await RawSocket.refusal(world.server.url, {}, `&sid=${sid}`)).status).toBe(400);
    expect((await RawSocket.refusal(world.server.url, { origin: 'https://evil.example' }, `&sid=${sid}`)).status).toBe(
      400,
    );
    socket.send(hello());
    await socket.hears('42["server:hello"');
  });

  it('A22: who sends a request one byte at a time is cut off', async () => {
    expect(await slow.isCutOff).toContain('408');
  });
});

describe('what clients may send', () => {
  starts();

  async function signedIn(): Promise<RawSocket> {
    const socket = await raw();
    await socket.signIn(ada.accessToken);
    return socket;
  }

  it.each<[string, string]>([
    ['three attachments', '453-["document:open",{}]'],
    ['a thousand attachments', '451000-["document:open",{}]'],
    ['no attachments', '450-["document:open",{}]'],
    ['attachments without a number', '45-["document:open",{}]'],
    ['an answer that nobody asked for', '431[{"ok":true}]'],
    ['an answer with attachments', '461-1[{"_placeholder":true,"num":0}]'],
    ['a refused sign-in', '44{"message":"no"}'],
    ['a packet of an unknown type', '49["x"]'],
    ['a message of an unknown type', 'x'],
    ['an upgrade', '5'],
    ['a ping, which is the server’s', '2'],
    ['no JSON', '42["document:open",{'],
    ['no event', '42{"a":1}'],
    ['an event without a name', '42[]'],
    ['an event whose name is nothing', '42[null]'],
    ['an event whose name is an object', '42[{}]'],
  ])('CON-16 A14 A27: %s ends the connection, and no other', async (_what, packet) => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const socket = await signedIn();
    socket.send(packet);
    await socket.ends();
    expect(await editor.type('still here')).toBe(1);
  });

  it.each(['42', '421', '42[7]', '42["document:open"]', '42["document:open",null]'])(
    'CON-7 A15 A27: an event that is only %s is refused, and ends nothing',
    async (packet) => {
      const socket = await signedIn();
      socket.send(packet);
      socket.send(`429["document:close",{"documentId":"${ada.user.id}"}]`);
      expect(await socket.hears('439')).toContain('"ok":true');
      const refusals = socket.heard.filter((heard) => /unknown_message|bad_request/.test(heard));
      expect(refusals).toHaveLength(1);
    },
  );

  it('CON-16 A27: what is against the rules is said', async () => {
    const socket = await signedIn();
    socket.send('453-["document:open",{}]');
    await socket.ends();
    expect(socket.reason).toMatchObject({ code: 'bad_request', message: 'Too many attachments' });
  });

  it('CON-16 A18: a message in 64 fragments is read, one in 65 ends the connection', async () => {
    const socket = await signedIn();
    const packet = `421["document:close",{"documentId":"${ada.user.id}","more":"${'x'.repeat(500)}"}]`;
    socket.sendFragments(packet, 64);
    expect(await socket.hears('431')).toContain('"ok":true');
    socket.sendFragments(packet, 65);
    await socket.ends();
    expect(socket.reason?.code).toBe('bad_request');
  });

  it('CON-16 A17: a packet above maxPacketBytes is told as too_large before the connection ends', async () => {
    const socket = await signedIn();
    socket.send(`42["document:close",{"documentId":"${'x'.repeat(1024 * 1024)}"}]`);
    await socket.ends();
    expect(socket.reason?.code).toBe('too_large');
  });

  it('CON-16 A21: there is one namespace; a stock client is told so, and who goes on guessing is sent away', async () => {
    const admin = io(`${world.server.url}/admin`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token: ada.accessToken },
    });
    sockets.push({ terminate: () => admin.disconnect() });
    const error = await new Promise<Error>((resolve) => admin.on('connect_error', resolve));
    expect(error.message).toBe('Invalid namespace');
    const socket = await signedIn();
    for (let n = 0; n < 11; n++) socket.send(`40/guess-${n},{}`);
    await socket.ends();
    expect(socket.reason?.code).toBe('bad_request');
  });
});

describe('how many may connect', () => {
  starts({
    trustProxy: 1,
    limits: { maxConnectionsPerUser: 2 },
    capacity: { connections: 6, connectionsPerAddress: 4, pendingConnections: 5, pendingConnectionsPerAddress: 3 },
  });

  const from = (address: string) => ({ 'x-forwarded-for': address });
  const dial = (person: Person, address: string) => world.dial({ token: person.accessToken }, from(address));
  const tooMany = { code: 'too_many_connections', retry: 'later' };

  it('CON-15 A23: of one person, and room is there again when one has left', async () => {
    const [first] = [dial(ada, '192.0.2.1'), dial(ada, '192.0.2.2')];
    await first.greeted();
    await eventually('both are in', () => door().open === 2);
    const refusal = await dial(ada, '192.0.2.3').refused();
    expect(refusal).toMatchObject(tooMany);
    expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(5000);
    await dial(bob, '192.0.2.3').greeted();
    first.disconnect();
    await eventually('one has left', () => door().open === 2);
    await dial(ada, '192.0.2.3').greeted();
  });

  it('CON-15 A23: of one address, of which the proxy tells, and in all', async () => {
    const people = await Promise.all(['C', 'D', 'E', 'F', 'G', 'H', 'I'].map((name) => world.person(name)));
    for (const person of people.slice(0, 4)) await dial(person, '2001:db8::1').greeted();
    expect(await dial(people[4]!, '2001:db8::ffff').refused()).toMatchObject(tooMany);
    // What a client writes into the header itself does not help it.
    expect(await dial(people[4]!, '192.0.2.9, 2001:db8::2').refused()).toMatchObject(tooMany);
    for (const person of people.slice(4, 6)) await dial(person, '192.0.2.4').greeted();
    expect(await dial(people[6]!, '192.0.2.5').refused()).toMatchObject(tooMany);
  });

  it('CON-15 A22: who have not signed in, of one address and in all; then the upgrade is refused', async () => {
    for (let n = 0; n < 3; n++) await raw(from('192.0.2.1'));
    expect(await RawSocket.refusal(world.server.url, from('192.0.2.1'))).toEqual({ status: 503, retryAfter: '2' });
    const other = await raw(from('192.0.2.2'));
    await raw(from('192.0.2.2'));
    expect((await RawSocket.refusal(world.server.url, from('192.0.2.3'))).status).toBe(503);
    // Who signs in makes room for others.
    await other.signIn(ada.accessToken);
    expect((await RawSocket.refusal(world.server.url, from('192.0.2.3'))).status).toBe(101);
  });
});

describe('how fast they may come', () => {
  starts({ capacity: { handshakeRatePerAddress: 1, handshakesAtOnce: 2 } });

  it('CON-15 A22: sign-ins that cannot be checked in time are overloaded; then it goes on', async () => {
    await world.sql.query('BEGIN');
    await world.sql.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    const dialled = [1, 2, 3].map(() => world.dial({ token: ada.accessToken }));
    const refusal = await dialled[2]!.refused();
    expect(refusal).toMatchObject({ code: 'overloaded', retry: 'later' });
    expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(1000);
    await world.sql.query('COMMIT');
    await world.connect(ada);
  });

  it('CON-15 A21: attempts of one address that come too fast are rate_limited', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const client = world.dial({ token: 'not a token' });
        return client.refused();
      }),
    );
    const limited = answers.filter(({ code }) => code === 'rate_limited');
    expect(limited.length).toBeGreaterThan(0);
    expect(limited.every(({ retry, retryAfterMs }) => retry === 'later' && retryAfterMs! > 0)).toBe(true);
    expect(answers.filter(({ code }) => code === 'invalid_token').length + limited.length).toBe(12);
  });
});
