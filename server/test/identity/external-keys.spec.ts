import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { errors, type FlattenedJWSInput, jwtVerify } from 'jose';
import { RemoteKeys, type RemoteKeysOptions } from '../../src/adapters/oidc/remote-keys.js';
import { eventually } from '../../src/testing/eventually.js';
import { ScriptedIssuer } from '../support/scripted-issuer.js';

let issuer: ScriptedIssuer;
beforeAll(async () => {
  issuer = await ScriptedIssuer.start();
});
afterEach(() => issuer.reset());
afterAll(() => issuer?.stop());

const open = (options: RemoteKeysOptions = {}, url: string | undefined = `${issuer.url}/jwks`) =>
  new RemoteKeys(issuer.url, url, options);
const verify = async (keys: RemoteKeys, token: string) =>
  (await jwtVerify(token, (header, input: FlattenedJWSInput) => keys.find(header, input))).payload.sub;
const token = () => issuer.sign({ sub: 'somebody' });

describe('the keys of an issuer', () => {
  it('are found by discovery, or where the settings say, and fetched once for many tokens', async () => {
    for (const keys of [open(), new RemoteKeys(issuer.url)]) {
      const before = issuer.keysAsked;
      const tokens = await Promise.all(Array.from({ length: 10 }, token));
      const names = await Promise.all(tokens.map((one) => verify(keys, one)));
      expect(names).toEqual(Array.from({ length: 10 }, () => 'somebody'));
      expect(issuer.keysAsked - before).toBe(1);
    }
  });

  it('A33: a new key is fetched when a token names it; the old one holds as long as it is published', async () => {
    const keys = open({ cooldownMs: 0 });
    const old = await token();
    await verify(keys, old);
    await issuer.rotate({ keepOld: true });
    expect(await verify(keys, await token())).toBe('somebody');
    expect(await verify(keys, old)).toBe('somebody');
  });

  it('A33: a key that was taken back verifies nothing as soon as the keys are read anew', async () => {
    const keys = open({ cooldownMs: 0 });
    const old = await token();
    await verify(keys, old);
    await issuer.rotate();
    // The new key makes it read the set.
    await verify(keys, await token());
    await expect(verify(keys, old)).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
  });

  it('A33: a key that was taken back ends with the age of the keys, when no token names another', async () => {
    const keys = open({ maxAgeMs: 200 });
    const old = await token();
    await verify(keys, old);
    await issuer.rotate();
    const isRefused = () =>
      verify(keys, old).then(
        () => false,
        (error) => error instanceof errors.JWKSNoMatchingKey,
      );
    await eventually('the old key is forgotten', isRefused);
  });

  it('A28: keys that somebody makes up do not make it ask at every token', async () => {
    const keys = open({ cooldownMs: 60_000 });
    await verify(keys, await token());
    const before = issuer.keysAsked;
    for (let i = 0; i < 50; i++) {
      const made = await issuer.sign({ sub: 'nobody' }, { kid: `made-up-${i}` });
      await expect(verify(keys, made)).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    }
    expect(issuer.keysAsked).toBe(before);
  });

  it('an issuer that is away ends nobody’s work, but lets nobody in whose key is not known', async () => {
    const held = open({ maxAgeMs: 0 });
    const known = await token();
    await verify(held, known);
    issuer.isUp = false;
    expect(await verify(held, known)).toBe('somebody');
    const unknown = await issuer.sign({ sub: 'nobody' }, { kid: 'new' });
    await expect(verify(held, unknown)).rejects.toMatchObject({ code: 'provider_unavailable', retry: 'later' });
    await expect(verify(open(), known)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('an issuer that answers nonsense is away, too', async () => {
    issuer.status = 500;
    await expect(verify(open(), await token())).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('an issuer that has been away too long is not believed any more', async () => {
    const keys = open({ maxAgeMs: 0, staleMs: 0 });
    const known = await token();
    await verify(keys, known);
    issuer.isUp = false;
    await expect(verify(keys, known)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});
