import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { WrongSecretError } from '../../core/access/signing-keys.js';
import { eventually } from '../../testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../testing/postgres.js';
import { KeyRing } from '../crypto/key-ring.js';
import { KeySealing } from '../crypto/key-sealing.js';
import { newSigningKey } from '../crypto/new-signing-key.js';
import { createDataSource } from './data-source.js';
import { PostgresReadiness } from './readiness.js';
import { PostgresSigningKeyStore } from './signing-key-store.js';
import { TranslatesOutages } from './store-errors.js';

const OPTIONS = { accessTokenTtl: 900, signingKeyDays: 90, signingKeyLead: 600 };
const SECRET = 'a secret of more than 32 characters, for tests';

let database: TestDatabase;
let nodes: DataSource[];
beforeAll(async () => {
  database = await createTestDatabase();
  nodes = await Promise.all(Array.from({ length: 3 }, () => createDataSource(database.url).initialize()));
});
afterAll(async () => {
  await Promise.all((nodes ?? []).map((node) => node.destroy()));
  await database?.drop();
});

describe('signing keys', () => {
  test('nodes that start at once on an empty database share one key', async () => {
    const open = (node: DataSource) => KeyRing.open(new PostgresSigningKeyStore(node), new KeySealing(SECRET), OPTIONS);
    const rings = await Promise.all([...nodes, ...nodes].map(open));
    const kids = new Set(rings.map((ring) => ring.signer().kid));
    expect(kids.size).toBe(1);
    expect((await rings[0]?.jwks())?.keys).toHaveLength(1);
  });

  test('under another secret the start ends and leaves the keys as they are', async () => {
    const store = new PostgresSigningKeyStore(nodes[0] as DataSource);
    const before = await store.all();
    const open = KeyRing.open(store, new KeySealing('another secret of more than 32 characters'), OPTIONS);
    await expect(open).rejects.toBeInstanceOf(WrongSecretError);
    expect(await store.all()).toEqual(before);
  });
});

describe('rotation of the signing keys', () => {
  const sealing = new KeySealing(SECRET);
  const stores = () => nodes.map((node) => new PostgresSigningKeyStore(node));
  const signing = async () => {
    const now = Date.now();
    const all = await new PostgresSigningKeyStore(nodes[0] as DataSource).all();
    return all.filter((key) => key.signsAt <= now && (key.retiredAt ?? Number.POSITIVE_INFINITY) > now);
  };

  test('A33 of nodes that find the key old at once, one adds the next; the old one stops when it begins', async () => {
    const before = await signing();
    await nodes[0]!.query("UPDATE signing_keys SET signs_at = signs_at - interval '91 days'");
    const added = await Promise.all(
      [...stores(), ...stores()].map(async (store) => store.rotate(await newSigningKey(sealing), 600, 90 * 86_400)),
    );
    expect(added.filter(Boolean)).toHaveLength(1);
    const [next, old, ...others] = await stores()[0]!.all();
    expect(others).toEqual([]);
    expect(old).toMatchObject({ kid: before[0]!.kid, retiredAt: next!.signsAt });
    expect(next!.signsAt).toBeGreaterThan(Date.now() + 500_000);
    expect((await signing()).map(({ kid }) => kid)).toEqual([old!.kid]);
  });

  test('A33 when the key that was to take over is dropped, the one before goes on', async () => {
    const [store] = stores() as [PostgresSigningKeyStore];
    const [next, old] = await store.all();
    expect(await store.drop(next!.kid, await newSigningKey(sealing))).toBe(true);
    expect(await store.all()).toMatchObject([{ kid: old!.kid, retiredAt: null }]);
    expect(await store.drop(next!.kid, await newSigningKey(sealing))).toBe(false);
  });

  test('A33 when the key that signs is dropped, another signs at once, until the next takes over', async () => {
    const [store] = stores() as [PostgresSigningKeyStore];
    const [old] = await store.all();
    const next = await newSigningKey(sealing);
    await store.rotate(next, 600);
    const instead = await newSigningKey(sealing);
    expect(await store.drop(old!.kid, instead)).toBe(true);
    const [later, now] = await store.all();
    expect(later).toMatchObject({ kid: next.kid, retiredAt: null });
    expect(now).toMatchObject({ kid: instead.kid, retiredAt: later!.signsAt });
    expect((await signing()).map(({ kid }) => kid)).toEqual([instead.kid]);
  });

  test('A33 a key is deleted when it has not signed for so long', async () => {
    const [store] = stores() as [PostgresSigningKeyStore];
    const [later, now] = await store.all();
    await nodes[0]!.query("UPDATE signing_keys SET retired_at = now() - interval '959 s' WHERE kid = $1", [now!.kid]);
    expect(await store.prune(960)).toEqual([]);
    await nodes[0]!.query("UPDATE signing_keys SET retired_at = now() - interval '961 s' WHERE kid = $1", [now!.kid]);
    expect(await store.prune(960)).toEqual([now!.kid]);
    expect((await store.all()).map(({ kid }) => kid)).toEqual([later!.kid]);
  });
});

@TranslatesOutages
class Asker {
  constructor(private readonly node: DataSource) {}

  ask(sql: string): Promise<unknown> {
    return this.node.query(sql);
  }
}

describe('a database that is away', () => {
  test('is store_unavailable, and is asked again as soon as it is back', async () => {
    const [node] = nodes as [DataSource];
    const ended = new Asker(node).ask('SELECT pg_terminate_backend(pg_backend_pid())');
    await expect(ended).rejects.toMatchObject({
      name: 'TandemError',
      code: 'store_unavailable',
      retryAfterMs: expect.any(Number),
    });
    const readiness = new PostgresReadiness(node);
    await eventually('the pool has another connection', () =>
      readiness.check().then(
        () => true,
        () => false,
      ),
    );
  });

  test('is no excuse for a query that is wrong', async () => {
    const [node] = nodes as [DataSource];
    await expect(new Asker(node).ask('SELECT * FROM nothing')).rejects.toThrow('does not exist');
  });
});
