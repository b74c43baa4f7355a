import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryOutbox, TandemApi, TandemClient } from '@tandem/protocol/client';
import { type Tokens, tokens } from '@tandem/protocol/http';
import { decodeProtectedHeader } from 'jose';
import { DataSource } from 'typeorm';
import { KeySealing } from '../../src/adapters/crypto/key-sealing.js';
import { newSigningKey } from '../../src/adapters/crypto/new-signing-key.js';
import { PostgresSigningKeyStore } from '../../src/adapters/postgres/signing-key-store.js';
import { eventually } from '../../src/testing/eventually.js';
import { accepted } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import type { Person, SyncWorld } from '../support/sync-world.js';
import { auditOf, TwoNodes } from './support/nodes.js';

/** Seconds that a new key is published before it signs. */
const LEAD = 3;
const ASKERS = 4;

let nodes: TwoNodes;
let here: SyncWorld;
let there: SyncWorld;
let store: PostgresSigningKeyStore;
let sealing: KeySealing;
beforeAll(async () => {
  nodes = await TwoNodes.start({ signingKeyLead: LEAD, signingKeyDays: 90 });
  ({ here, there } = nodes);
  store = new PostgresSigningKeyStore(here.server.app.get(DataSource, { strict: false }));
  sealing = new KeySealing(here.server.secret);
});
afterEach(() => nodes?.hangUp());
afterAll(() => nodes?.stop());

const kidOf = ({ accessToken }: Tokens) => decodeProtectedHeader(accessToken).kid!;
const published = async (world: SyncWorld) =>
  (await world.server.request('GET', '/.well-known/jwks.json'))
    .json<{ keys: { kid: string }[] }>()
    .keys.map(({ kid }) => kid);
const refreshAt = async (world: SyncWorld, { refreshToken }: Tokens) =>
  tokens.parse(await world.rest(undefined, 'POST', '/auth/refresh', { refreshToken }));

/** People who sign in, refresh, ask and connect at one node after the other, as fast as they are answered. */
class Load {
  /** What honest requests were refused with. */
  readonly refusals: string[] = [];
  /** Keys under which tokens came, in the order in which they first came. */
  readonly kids = new Set<string>();
  requests = 0;
  private isOver = false;
  private readonly runs: Promise<void>[];

  constructor(people: readonly Person[]) {
    this.runs = people.map((person) => this.run(person));
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.runs);
  }

  private async run(person: Person): Promise<void> {
    let held: Tokens = person;
    for (let round = 0; !this.isOver; round++) {
      const [one, other] = round % 2 === 0 ? [here, there] : [there, here];
      await this.honest('refresh', async () => {
        held = await refreshAt(one, held);
        if (!this.kids.has(kidOf(held))) await this.meet(kidOf(held));
      });
      // A token that one node has just made, at the other.
      await this.honest('REST', () => other.rest(held, 'GET', '/users/me'));
      await this.honest('connect', async () => (await other.connect(held)).disconnect());
      await turn();
    }
  }

  /** Whoever verifies tokens has had time to learn of a key before the first token under it. */
  private async meet(kid: string): Promise<void> {
    this.kids.add(kid);
    for (const kids of await Promise.all(nodes.both.map(published))) {
      if (!kids.includes(kid)) throw new Error(`${kid} signs and is not published`);
    }
  }

  private async honest(what: string, ask: () => Promise<unknown>): Promise<void> {
    this.requests++;
    await ask().catch((error: Error) => this.refusals.push(`${what}: ${error.message}`));
  }
}

describe('rotation of the signing keys', () => {
  it('A33: under load no honest request is refused, and old tokens die when their key is dropped', async () => {
    const people = await Promise.all(Array.from({ length: ASKERS }, (_, n) => here.person(`Asker ${n}`)));
    const [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
    const { documentId } = await here.share(ada, [[bob, 'editor']]);
    const old = kidOf(ada);
    // Ada's editor renews in time, as it should; Bob's has been away from its keyboard; the SDK looks after itself.
    const mine = await PlainEditor.open(await here.connect(ada), documentId);
    const theirs = await PlainEditor.open(await there.connect(bob), documentId);
    const api = new TandemApi({ url: there.server.url });
    await api.login({ email: ada.email, password: 'correct horse battery staple' });
    const outbox = new MemoryOutbox();
    const client = new TandemClient({ url: there.server.url, token: (o) => api.accessToken(o), outbox });
    await client.connect();
    const provider = client.openDocument(documentId);
    await provider.whenSynced();

    const load = new Load(people);
    let typed = 0;
    const type = async () => {
      await mine.type(`a${++typed} `);
      provider.doc.getText('content').insert(0, `s${++typed} `);
    };
    const audits = nodes.both.map(auditOf);
    try {
      await type();
      await here.sql.query("UPDATE signing_keys SET signs_at = now() - interval '91 days'");
      let next = '';
      await eventually('both nodes publish the next key', async () => {
        await type();
        const [a, b] = await Promise.all(nodes.both.map(published));
        next = a!.find((kid) => kid !== old) ?? '';
        return next !== '' && b!.includes(next);
      });
      expect(await Promise.all(nodes.both.map(published))).toEqual([
        [next, old],
        [next, old],
      ]);
      await eventually('both nodes sign with the next key', async () => {
        await type();
        const pair = await Promise.all(nodes.both.map(async (world) => kidOf(await world.signInAgain(ada))));
        return pair.every((kid) => kid === next);
      });
      expect(audits.flat().filter(({ action }) => action === 'key.rotated')).toEqual([
        expect.objectContaining({ target: next }),
      ]);
      // What was signed before goes on: there is nothing wrong with it.
      for (const world of nodes.both) await world.rest(ada, 'GET', '/users/me');
      expect([theirs.client.isConnected, mine.client.isConnected]).toEqual([true, true]);

      const renewed = await refreshAt(here, ada);
      await accepted(mine.client.ask('session:renew', { token: renewed.accessToken }));
      await eventually('every asker holds a token of the next key', async () => {
        const before = load.requests;
        await eventually('each has asked again', () => load.requests > before + 6 * ASKERS);
        return load.kids.has(next);
      });
      expect(await store.drop(old, await newSigningKey(sealing))).toBe(true);
      await eventually('both nodes have forgotten the old key', async () => {
        await type();
        const all = await Promise.all(nodes.both.map(published));
        return all.every((kids) => !kids.includes(old));
      });
      for (const world of nodes.both) {
        const refused = expect.objectContaining({ code: 'invalid_token' });
        await expect(world.rest(ada, 'GET', '/users/me')).rejects.toEqual(refused);
        expect((await world.dial({ token: bob.accessToken, protocol: 1 }).refused()).code).toBe('invalid_token');
      }
      await eventually('what the old key has opened is closed', () => !theirs.client.isConnected);
      expect(theirs.client.told('session:closed')).toMatchObject([{ code: 'token_expired' }]);
      expect(mine.client.isConnected).toBe(true);
      await type();
    } finally {
      await load.end();
    }
    expect(load.refusals).toEqual([]);
    expect(load.requests).toBeGreaterThan(20);

    // Nobody has lost a word: neither who renewed, nor whose connection was closed under it.
    await mine.saved();
    await eventually('the SDK has saved', () => provider.saved && client.status === 'online');
    const words = Array.from({ length: typed }, (_, n) => new RegExp(`\\b[as]${n + 1} `));
    await mine.shows((text) => words.every((word) => word.test(text)));
    const reader = await PlainEditor.open(await there.connect(await refreshAt(there, bob)), documentId);
    expect(reader.text).toBe(mine.text);
    await client.close();
  });

  it('A33: the key that signs can be dropped: everybody signs with another within a moment', async () => {
    const ada = await here.person('Ada');
    const old = kidOf(ada);
    await store.drop(old, await newSigningKey(sealing));
    await eventually('every node signs with another key', async () => {
      const again = await Promise.all(nodes.both.map(async (world) => kidOf(await world.signInAgain(ada))));
      return again[0] === again[1] && again[0] !== old;
    });
    const again = await refreshAt(there, ada);
    expect(await here.rest(again, 'GET', '/users/me')).toMatchObject({ id: ada.user.id });
    await expect(here.rest(ada, 'GET', '/users/me')).rejects.toMatchObject({ code: 'invalid_token' });
  });
});
