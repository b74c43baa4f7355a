import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { WrongSecretError } from '../../core/access/signing-keys.js';
import { eventually } from '../../testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../testing/postgres.js';
import { KeyRing } from '../crypto/key-ring.js';
import { KeySealing } from '../crypto/key-sealing.js';
import { createDataSource } from './data-source.js';
import { PostgresReadiness } from './readiness.js';
import { PostgresSigningKeyStore } from './signing-key-store.js';
import { TranslatesOutages } from './store-errors.js';

const TTL = { accessTokenTtl: 900 };
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
    const open = (node: DataSource) => KeyRing.open(new PostgresSigningKeyStore(node), new KeySealing(SECRET), TTL);
    const rings = await Promise.all([...nodes, ...nodes].map(open));
    const kids = new Set(rings.map((ring) => ring.signer().kid));
    expect(kids.size).toBe(1);
    expect((await rings[0]?.jwks())?.keys).toHaveLength(1);
  });

  test('under another secret the start ends and leaves the keys as they are', async () => {
    const store = new PostgresSigningKeyStore(nodes[0] as DataSource);
    const before = await store.all();
    const open = KeyRing.open(store, new KeySealing('another secret of more than 32 characters'), TTL);
    await expect(open).rejects.toBeInstanceOf(WrongSecretError);
    expect(await store.all()).toEqual(before);
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
    await expect(ended).rejects.toMatchObject({ name: 'TandemError', code: 'store_unavailable', retryAfterMs: 1000 });
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
