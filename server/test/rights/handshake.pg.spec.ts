import { createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, exportSPKI, importJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import WebSocket from 'ws';
import { KeyRing } from '../../src/adapters/crypto/key-ring.js';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let kid: string;
let key: KeyObject;
let claims: JWTPayload;

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
  const signer = world.server.app.get(KeyRing, { strict: false }).signer();
  kid = signer.kid;
  key = signer.key as unknown as KeyObject;
  claims = JSON.parse(Buffer.from(ada.accessToken.split('.')[1]!, 'base64url').toString()) as JWTPayload;
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const now = () => Math.floor(Date.now() / 1000);
const HEADER = { alg: 'ES256', typ: 'at+jwt' };

/** Signed with the server's own key, so that only the changed claim can be the reason for a refusal. */
const signed = (change: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT({ ...claims, ...change }).setProtectedHeader({ ...HEADER, kid, ...header }).sign(key);

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function publicKey() {
  const { keys } = (await (await fetch(`${world.server.url}/.well-known/jwks.json`)).json()) as { keys: JsonWebKey[] };
  return keys.find((jwk) => (jwk as { kid?: string }).kid === kid)!;
}

/** The public key as the secret of an HMAC: what a library that believes the header would accept. */
async function hmac(form: 'pem' | 'jwk', alg: 'HS256' | 'ES256'): Promise<string> {
  const jwk = await publicKey();
  const secret = form === 'jwk' ? JSON.stringify(jwk) : await exportSPKI((await importJWK(jwk, 'ES256')) as CryptoKey);
  const head = `${encode({ ...HEADER, alg, kid })}.${encode(claims)}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

async function ownKey(header: object = {}): Promise<string> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = await exportJWK(pair.publicKey);
  return new SignJWT(claims).setProtectedHeader({ ...HEADER, kid, jwk, ...header }).sign(pair.privateKey);
}

it('CON-13: the token that the other cases change is taken unchanged', async () => {
  await world.dial({ token: await signed(), protocol: 1 }).greeted();
});

const CASES: [rule: string, what: string, code: string, token: () => Promise<unknown> | unknown][] = [
  ['A16', 'no token', 'unauthorized', () => undefined],
  ['A30', 'a token that is no string', 'unauthorized', () => ({ $gt: '' })],
  ['A30', 'an empty token', 'invalid_token', () => ''],
  ['A30', 'a token of 1 MB', 'unauthorized', () => 'x'.repeat(900_000)],
  ['A30', 'words', 'invalid_token', () => 'not.a.token'],
  ['A30', 'an expired token', 'token_expired', () => signed({ exp: now() - 60 })],
  ['A30', 'a token that is not valid yet', 'invalid_token', () => signed({ nbf: now() + 600 })],
  ['A30', 'a token from the future', 'invalid_token', () => signed({ iat: now() + 600 })],
  ['A30', 'a token without an end', 'invalid_token', () => signed({ exp: undefined })],
  ['A30', 'another audience', 'invalid_token', () => signed({ aud: 'somebody-else' })],
  ['A30', 'another issuer', 'invalid_token', () => signed({ iss: 'somebody-else' })],
  ['A31', 'another type of token', 'invalid_token', () => signed({}, { typ: 'JWT' })],
  ['A31', 'a refresh token', 'invalid_token', () => ada.refreshToken],
  ['A30', 'a subject that is no id', 'invalid_token', () => signed({ sub: 'admin' })],
  ['A33', 'an unknown key', 'invalid_token', () => signed({}, { kid: 'gone' })],
  ['A28', 'no algorithm', 'invalid_token', () => `${encode({ ...HEADER, alg: 'none', kid })}.${encode(claims)}.`],
  ['A28', 'HS256 with the public key (PEM)', 'invalid_token', () => hmac('pem', 'HS256')],
  ['A28', 'HS256 with the public key (JWK)', 'invalid_token', () => hmac('jwk', 'HS256')],
  ['A28', 'an HMAC that calls itself ES256', 'invalid_token', () => hmac('pem', 'ES256')],
  ['A28', 'a key of its own in the header', 'invalid_token', () => ownKey()],
  ['A28', 'a key of its own under the server’s kid', 'invalid_token', () => ownKey({ jwk: undefined })],
  [
    'A30',
    'other claims under the same signature',
    'invalid_token',
    () => {
      const [head, , signature] = ada.accessToken.split('.');
      return `${head}.${encode({ ...claims, sub: bob.user.id })}.${signature}`;
    },
  ],
  ['A34', 'a sign-in that does not exist', 'invalid_token', () => signed({ sid: randomUUID() })],
  [
    'A34',
    'a sign-in that has ended',
    'invalid_token',
    async () => {
      const again = await world.signInAgain(ada);
      await world.rest(again, 'POST', '/auth/logout', { refreshToken: again.refreshToken });
      return again.accessToken;
    },
  ],
];

describe('who may connect', () => {
  it.each(CASES)('CON-2 CON-13 %s: %s is refused as %s', async (_rule, _what, code, token) => {
    const { documentId } = await world.share(ada);
    const client = world.dial({ token: await token(), protocol: 1 });
    const refusal = await client.refused();
    expect(refusal).toEqual({
      code,
      message: expect.any(String),
      retry: code === 'token_expired' ? 'now' : 'never',
    });
    // What it would send is never heard.
    client.sendRaw('document:open', { documentId });
    expect(client.events).toEqual([]);
    expect(client.isConnected).toBe(false);
    expect(world.engine.rooms.get(documentId)).toBeUndefined();
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1.evil.example', 'file://'])(
    'CON-13 A24: a page of the origin %s does not get as far as the handshake',
    async (origin) => {
      const url = `${world.server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
      const socket = new WebSocket(url, { headers: { origin } });
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('open', () => resolve('open'));
        socket.on('error', () => {});
      });
      socket.terminate();
      expect([400, 403]).toContain(status);
    },
  );

  it('CON-13 A24: its own origin may', async () => {
    await world.dial({ token: ada.accessToken }, { origin: world.server.url }).greeted();
  });
});

describe('how a session goes on and ends', () => {
  it('SES-3: a renewed token is taken in place, documents stay open; the token of another user is refused', async () => {
    const { documentId } = await world.share(ada);
    const client = await world.connect(ada);
    const editor = await PlainEditor.open(client, documentId);
    const { expiresAt } = await accepted(client.ask('session:renew', { token: await signed({ exp: now() + 3600 }) }));
    expect(expiresAt).toBeGreaterThan(Date.now() + 3_500_000);
    const foreign = await refusedWith(client.ask('session:renew', { token: bob.accessToken }));
    expect(foreign.code).toBe('invalid_token');
    expect((await refusedWith(client.ask('session:renew', { token: await signed({ exp: now() - 60 }) }))).code).toBe(
      'token_expired',
    );
    expect(await editor.type('still Ada')).toBe(1);
    expect((await world.rows(documentId))[0]!.userId).toBe(ada.user.id);
  });

  it('SES-1 SES-4 F32: before a token ends the client is told, and within a second of its end the connection ends', async () => {
    const exp = now() + 5;
    const client = world.dial({ token: await signed({ exp }), protocol: 1 });
    await client.greeted();
    expect(await client.hears('session:expiring')).toEqual({ expiresAt: exp * 1000 });
    expect(await client.hears('session:closed')).toMatchObject({ code: 'token_expired' });
    const late = Date.now() - exp * 1000;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(1000 * patience());
    await eventually('the connection ends', () => !client.isConnected);
  });

  it('SES-1: a token with a minute left is told of, and a renewal keeps the connection', async () => {
    const token = await signed({ exp: now() + 5 });
    const client = world.dial({ token, protocol: 1 });
    await client.greeted();
    await client.hears('session:expiring');
    await accepted(client.ask('session:renew', { token: ada.accessToken }));
    const other = world.dial({ token, protocol: 1 });
    await eventually('the one that was not renewed ends', () => other.told('session:closed').length === 1);
    expect(client.isConnected).toBe(true);
  });

  it('SES-4 D8 A34: a sign-out ends the sockets of that sign-in within a second, and no other', async () => {
    const { documentId } = await world.share(ada);
    const [first, second] = [await world.signInAgain(ada), await world.signInAgain(ada)];
    const [out, stays] = [await world.connect(first), await world.connect(second)];
    const editor = await PlainEditor.open(out, documentId);
    const other = await PlainEditor.open(stays, documentId);
    const typing = setInterval(() => void editor.type('x').catch(() => {}), 2);
    try {
      await world.rest(first, 'POST', '/auth/logout', { refreshToken: first.refreshToken });
      expect(await out.hears('session:closed', undefined, 1000)).toMatchObject({ code: 'invalid_token' });
      await eventually('the connection ends', () => !out.isConnected, 1000);
    } finally {
      clearInterval(typing);
    }
    await world.roomHas(documentId, 1);
    expect(await other.type('.')).toBe(await world.count('document_updates', documentId));
    expect((await world.dial({ token: first.accessToken }).refused()).code).toBe('invalid_token');
  });
});
