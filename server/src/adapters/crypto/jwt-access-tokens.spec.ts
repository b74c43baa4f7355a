import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import {
  type NewSigningKey,
  SigningKeyStore,
  type StoredSigningKey,
  WrongSecretError,
} from '../../core/access/signing-keys.js';
import { patience } from '../../testing/patience.js';
import { JwtAccessTokens } from './jwt-access-tokens.js';
import { KeyRing } from './key-ring.js';
import { KeySealing } from './key-sealing.js';

const TTL = 900;
const START = Date.parse('2026-11-22T10:00:00Z');
const SESSION = randomUUID();
const ADA = { userId: randomUUID(), sessionId: SESSION, displayName: 'Ada' };

class MemoryKeys extends SigningKeyStore {
  readonly rows: StoredSigningKey[] = [];
  reads = 0;
  override all(): Promise<StoredSigningKey[]> {
    this.reads += 1;
    return Promise.resolve([...this.rows]);
  }
  override addFirst(key: NewSigningKey): Promise<void> {
    if (this.rows.length === 0) this.rows.push({ ...key, createdAt: START, signsAt: START, retiredAt: null });
    return Promise.resolve();
  }
  override rotate(key: NewSigningKey, lead: number): Promise<boolean> {
    const signsAt = now + lead * 1000;
    for (const [index, row] of this.rows.entries()) this.rows[index] = { ...row, retiredAt: row.retiredAt ?? signsAt };
    this.rows.unshift({ ...key, createdAt: now, signsAt, retiredAt: null });
    return Promise.resolve(true);
  }
  override drop(kid: string): Promise<boolean> {
    const index = this.rows.findIndex((row) => row.kid === kid);
    this.rows.splice(index, 1);
    return Promise.resolve(index >= 0);
  }
  override prune(seconds: number): Promise<string[]> {
    const isOver = ({ retiredAt }: StoredSigningKey) => retiredAt !== null && retiredAt < now - seconds * 1000;
    const over = this.rows.filter(isOver).map(({ kid }) => kid);
    this.rows.splice(0, this.rows.length, ...this.rows.filter((row) => !isOver(row)));
    return Promise.resolve(over);
  }
}

let now: number;
let revoked: Set<string>;
let store: MemoryKeys;
let ring: KeyRing;
let tokens: JwtAccessTokens;
const sealing = new KeySealing('a secret of more than 32 characters, for tests');
const LEAD = 600;
const clock = { accessTokenTtl: TTL, signingKeyDays: 90, signingKeyLead: LEAD, now: () => now };

beforeEach(async () => {
  now = START;
  revoked = new Set();
  store = new MemoryKeys();
  ring = await KeyRing.open(store, sealing, clock);
  tokens = new JwtAccessTokens(ring, { isLive: (id) => Promise.resolve(!revoked.has(id)) }, clock);
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = (ms: number) => Math.floor(ms / 1000);

/** A token that would be accepted, but for the changes; null leaves something out. */
function forge(changes: { header?: Record<string, unknown>; claims?: Record<string, unknown>; key?: KeyObject } = {}) {
  const { kid, key } = ring.signer();
  const header = { alg: 'ES256', typ: 'at+jwt', kid, ...changes.header };
  const claims = {
    iss: 'tandem',
    aud: 'tandem',
    sub: ADA.userId,
    sid: SESSION,
    name: 'Ada',
    iat: seconds(now),
    exp: seconds(now) + TTL,
    jti: randomUUID(),
    ...changes.claims,
  };
  const kept = (value: object) => Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
  return new SignJWT(kept(claims)).setProtectedHeader(kept(header) as { alg: string }).sign(changes.key ?? key);
}

const refused = (code: string) => expect.objectContaining({ name: 'TandemError', code });

describe('access tokens', () => {
  test('what is issued is verified, and says for whom and until when', async () => {
    const { token, expiresAt } = await tokens.issue(ADA);
    expect(expiresAt).toBe(START + TTL * 1000);
    await expect(tokens.verify(token)).resolves.toEqual({ ...ADA, expiresAt, keyId: ring.signer().kid });
  });

  test('the untouched forgery passes, so that what follows is refused for what it changes', async () => {
    await expect(tokens.verify(await forge())).resolves.toMatchObject(ADA);
  });

  test('A28 no algorithm: unsigned tokens are refused', async () => {
    const [, claims] = (await forge()).split('.');
    for (const alg of ['none', 'None', 'NONE', '']) {
      const header = part({ alg, typ: 'at+jwt', kid: ring.signer().kid });
      await expect(tokens.verify(`${header}.${claims}.`)).rejects.toEqual(refused('invalid_token'));
    }
  });

  test('A28 HS256 with the public key as the secret is refused', async () => {
    const { kid, key } = ring.signer();
    const publicKey = createPublicKey(key);
    const [, claims] = (await forge()).split('.');
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify((await ring.jwks()).keys[0]),
    ];
    for (const secret of secrets) {
      const signed = `${part({ alg: 'HS256', typ: 'at+jwt', kid })}.${claims}`;
      const forged = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      await expect(tokens.verify(forged)).rejects.toEqual(refused('invalid_token'));
    }
  });

  test('A28 another algorithm, even of a key of ours, is refused', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    const forged = await forge({ header: { alg: 'ES384' }, key: other });
    await expect(tokens.verify(forged)).rejects.toEqual(refused('invalid_token'));
  });

  test('A28 a foreign key is refused, whichever way its owner offers it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const headers = [{}, { jwk }, { jku: 'http://127.0.0.1:9/jwks.json' }, { kid: null, jwk }, { kid: 'unknown' }];
    for (const header of headers) {
      await expect(tokens.verify(await forge({ header, key: privateKey }))).rejects.toEqual(refused('invalid_token'));
    }
  });

  test('A28 a changed claim or signature is refused', async () => {
    const [header, claims, signature] = (await forge()).split('.') as [string, string, string];
    const mallory = part({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: randomUUID() });
    await expect(tokens.verify(`${header}.${mallory}.${signature}`)).rejects.toEqual(refused('invalid_token'));
    const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    await expect(tokens.verify(`${header}.${claims}.${flipped}`)).rejects.toEqual(refused('invalid_token'));
  });

  test.each<[string, { header?: Record<string, unknown>; claims?: Record<string, unknown> }]>([
    ['no kid', { header: { kid: null } }],
    ['an unknown kid', { header: { kid: '../../etc/passwd' } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['no issuer', { claims: { iss: null } }],
    ['another audience', { claims: { aud: 'billing' } }],
    ['no audience', { claims: { aud: null } }],
    ['no expiry', { claims: { exp: null } }],
    ['an expiry that is no number', { claims: { exp: '2099-01-01' } }],
    ['no subject', { claims: { sub: null } }],
    ['a subject that is no id', { claims: { sub: "1' OR '1'='1" } }],
    ['no session', { claims: { sid: null } }],
    ['no jti', { claims: { jti: null } }],
    ['not valid before a later time', { claims: { nbf: seconds(START) + 60 } }],
    ['issued in the future', { claims: { iat: seconds(START) + 60 } }],
  ])('A30 %s is refused', async (_what, changes) => {
    await expect(tokens.verify(await forge(changes))).rejects.toEqual(refused('invalid_token'));
  });

  test.each(['JWT', 'refresh+jwt', 'id+jwt', null])('A31 a token of type %s is no access token', async (typ) => {
    await expect(tokens.verify(await forge({ header: { typ } }))).rejects.toEqual(refused('invalid_token'));
  });

  test('A30 expired is told apart from invalid, with 30 s for clocks that differ', async () => {
    const { token, expiresAt } = await tokens.issue(ADA);
    now = expiresAt + 29_000;
    await expect(tokens.verify(token)).resolves.toMatchObject(ADA);
    now = expiresAt + 31_000;
    await expect(tokens.verify(token)).rejects.toEqual(refused('token_expired'));
  });

  test('A30 a token of 1 MB is refused before it is looked at', async () => {
    const huge = `${await forge()}${'A'.repeat(1_000_000)}`;
    const begun = performance.now();
    await expect(tokens.verify(huge)).rejects.toEqual(refused('invalid_token'));
    expect(performance.now() - begun).toBeLessThan(250 * patience());
    await expect(tokens.verify(await forge({ claims: { pad: 'x'.repeat(8192) } }))).rejects.toEqual(
      refused('invalid_token'),
    );
  });

  test.each(['', '.', '..', 'a.b.c', 'null', '{}', 'é.é.é'])('A30 %j is no token', async (token) => {
    await expect(tokens.verify(token)).rejects.toEqual(refused('invalid_token'));
  });

  test('a token of a revoked session is refused, however long it would live', async () => {
    const { token } = await tokens.issue(ADA);
    revoked.add(SESSION);
    await expect(tokens.verify(token)).rejects.toEqual(refused('invalid_token'));
  });
});

describe('the key ring', () => {
  test('A33 a retired key verifies until its tokens have ended, and is published as long', async () => {
    const { token } = await tokens.issue(ADA);
    const [old] = store.rows as [StoredSigningKey];
    store.rows.pop();
    await (await KeyRing.open(store, sealing, clock)).jwks();
    store.rows.push({ ...old, retiredAt: now });

    const rotated = await KeyRing.open(store, sealing, clock);
    expect(rotated.signer().kid).not.toBe(old.kid);
    const live = { isLive: () => Promise.resolve(true) };
    await expect(new JwtAccessTokens(rotated, live, clock).verify(token)).resolves.toMatchObject(ADA);

    // And the minute by which clocks may differ.
    now += TTL * 1000 + 60_001;
    const later = await KeyRing.open(store, sealing, clock);
    expect((await later.jwks()).keys.map((key: JsonWebKey) => key.kid)).not.toContain(old.kid);
    await expect(new JwtAccessTokens(later, live, clock).verify(token)).rejects.toEqual(refused('invalid_token'));
  });

  test('a key that another node made is found; made-up key ids cost one query in a second', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const elsewhere = { ...(store.rows[0] as StoredSigningKey), kid: 'from another node' };
    elsewhere.publicJwk = createPublicKey(privateKey).export({ format: 'jwk' });
    elsewhere.privateKey = sealing.seal(
      Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      elsewhere.kid,
    );
    store.rows.unshift(elsewhere);
    now += 11_000;
    const token = await forge({ header: { kid: elsewhere.kid }, key: privateKey });
    await expect(tokens.verify(token)).resolves.toMatchObject(ADA);

    const reads = store.reads;
    for (let i = 0; i < 50; i += 1)
      await tokens.verify(await forge({ header: { kid: `made up ${i}` } })).catch(() => {});
    expect(store.reads - reads).toBe(0);
  });

  test('A33 a new key is published before it signs, and takes over without a moment in which a token is refused', async () => {
    const [old] = store.rows as [StoredSigningKey];
    now += 91 * 86_400_000;
    const added = await ring.run();
    expect((await ring.jwks()).keys.map(({ kid }) => kid)).toEqual([added, old.kid]);
    expect(ring.signer().kid).toBe(old.kid);
    const { token } = await tokens.issue(ADA);
    expect(await ring.run()).toBeUndefined();

    now += LEAD * 1000;
    expect(ring.signer().kid).toBe(added);
    await expect(tokens.verify(token)).resolves.toMatchObject(ADA);
    await expect(tokens.verify((await tokens.issue(ADA)).token)).resolves.toMatchObject({ keyId: added });

    // The last token of the old key was made right before.
    now += TTL * 1000 + 59_000;
    await ring.run();
    expect((await ring.jwks()).keys).toHaveLength(2);
    now += 2_000;
    await ring.run();
    expect((await ring.jwks()).keys.map(({ kid }) => kid)).toEqual([added]);
    await expect(tokens.verify(token)).rejects.toEqual(refused('invalid_token'));
  });

  test('A33 a key that is dropped verifies no longer, and who listens is told once', async () => {
    const { token } = await tokens.issue(ADA);
    const old = ring.signer().kid;
    const told: string[] = [];
    ring.onDropped((kid) => told.push(kid));
    now += 91 * 86_400_000;
    await ring.run();
    now += LEAD * 1000;
    await store.drop(old);
    await ring.run();
    await expect(tokens.verify(token)).rejects.toEqual(refused('invalid_token'));
    // Not before every other node has looked: who was sent away at once might be given a token of the same key there.
    await ring.run();
    expect(told).toEqual([]);
    for (let looks = 0; looks < 3; looks++) await ring.run();
    expect(told).toEqual([old]);
  });

  test('a first key that seems to begin in a moment, by the clock of the database, signs', async () => {
    now -= 20_000;
    expect((await KeyRing.open(store, sealing, clock)).signer().kid).toBe(store.rows[0]?.kid);
  });

  test('under another secret it does not open, and says what to do without naming either', async () => {
    const other = new KeySealing('another secret of more than 32 characters!');
    const opened = KeyRing.open(store, other, clock);
    await expect(opened).rejects.toBeInstanceOf(WrongSecretError);
    await expect(opened).rejects.toThrow(/TANDEM_SECRET/);
    await expect(opened).rejects.not.toThrow(/32 characters/);
  });

  test('private keys are stored encrypted and bound to their name', () => {
    const [row] = store.rows as [StoredSigningKey];
    expect(Buffer.from(row.privateKey).toString('latin1')).not.toContain('PRIVATE KEY');
    expect(sealing.open(row.privateKey, 'another name')).toBeUndefined();
    expect(JSON.stringify(row.publicJwk)).not.toContain('"d"');
  });
});
