import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DocumentProvider, MemoryOutbox, TandemApi, TandemClient } from '@tandem/protocol/client';
import { type Tokens, tokens } from '@tandem/protocol/http';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { accepted } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

/** Seconds that an access token lives here. */
const TTL = 6;
const PASSWORD = 'correct horse battery staple';

let world: SyncWorld;
let ada: Person;
let bob: Person;
const clients: TandemClient[] = [];
beforeAll(async () => {
  world = await SyncWorld.start({ accessTokenTtl: TTL });
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
});
afterAll(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await world?.stop();
});

const refresh = async ({ refreshToken }: Tokens) =>
  tokens.parse(await world.rest(undefined, 'POST', '/auth/refresh', { refreshToken }));

/** An editor on the SDK whose token source the test can stop. */
class Tab {
  readonly api = new TandemApi({ url: world.server.url });
  /** Rejects while the test says so: the network is away where tokens come from, and nowhere else. */
  isCut = false;
  asked = 0;
  client!: TandemClient;
  provider!: DocumentProvider;

  constructor(
    private readonly person: Person,
    readonly outbox = new MemoryOutbox(),
  ) {}

  async open(documentId: string): Promise<this> {
    await this.api.login({ email: this.person.email, password: PASSWORD });
    this.client = new TandemClient({
      url: world.server.url,
      outbox: this.outbox,
      userId: this.person.user.id,
      token: (options) => {
        this.asked++;
        return this.isCut ? Promise.reject(new TypeError('fetch failed')) : this.api.accessToken(options);
      },
    });
    clients.push(this.client);
    await this.client.connect();
    this.provider = this.client.openDocument(documentId);
    await this.provider.whenSynced();
    return this;
  }

  type(text: string): void {
    this.provider.doc.getText('content').insert(0, text);
  }
}

// All that they do is wait for the ends of tokens: at once.
describe('a token that ends in the middle of a session', () => {
  it.concurrent('F32 SES-1 SES-3: who renews in place stays, past the end of many tokens, with the document open', async () => {
    const own = await world.signInAgain(ada);
    const { documentId } = await world.share(own);
    let held = await world.signInAgain(ada);
    const client = await world.connect(held);
    const editor = await PlainEditor.open(client, documentId);
    const began = Date.now();
    for (let told = 1; Date.now() - began < 2.5 * TTL * 1000; told++) {
      await eventually('it is said that the token ends', () => client.told('session:expiring').length >= told);
      await editor.type(`${told} `);
      held = await refresh(held);
      const { expiresAt } = await accepted(client.ask('session:renew', { token: held.accessToken }));
      expect(expiresAt).toBeGreaterThan(Date.now());
      await eventually('the time has moved', () => Date.now() > expiresAt - (TTL * 1000) / 2);
    }
    expect(client.isConnected).toBe(true);
    expect(client.told('session:closed')).toEqual([]);
    await editor.saved();
  });

  it.concurrent('F32 SES-4: who does not is closed with token_expired, and what comes with that token is refused', async () => {
    const own = await world.signInAgain(ada);
    const client = await world.connect(own);
    const { expiresAt } = await client.hears('session:expiring', () => true);
    await eventually('it is closed', () => !client.isConnected);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
    expect(Date.now()).toBeLessThan(expiresAt + 1_000 * patience());
    expect(client.told('session:closed')).toMatchObject([{ code: 'token_expired' }]);
  });

  it.concurrent('F32: a refresh that comes late: closed, back with the next token, and nothing of what was typed is lost', async () => {
    const { documentId } = await world.share(await world.signInAgain(ada));
    const tab = await new Tab(ada).open(documentId);
    tab.type('before ');
    const closed: string[] = [];
    tab.client.on('error', ({ code }) => closed.push(code));
    tab.isCut = true;
    await eventually('the token has ended', () => closed.includes('token_expired'));
    tab.type('meanwhile ');
    expect(tab.provider.saved).toBe(false);
    expect(tab.client.status).not.toBe('closed');
    tab.isCut = false;
    await eventually('it is back', () => tab.client.status === 'online' && tab.provider.saved);
    const reader = await PlainEditor.open(await world.connect(await world.signInAgain(ada)), documentId);
    expect(reader.text).toBe('meanwhile before ');
  });

  it.concurrent('F32: when the sign-in has ended too, the client stops, and what was typed arrives after the next sign-in', async () => {
    const { documentId } = await world.share(await world.signInAgain(bob));
    const outbox = new MemoryOutbox();
    const tab = await new Tab(bob, outbox).open(documentId);
    tab.type('before ');
    await eventually('it is saved', () => tab.provider.saved);
    // Signed out from elsewhere while the tab cannot reach the server.
    tab.isCut = true;
    await eventually('the token has ended', () => tab.client.status !== 'online');
    tab.type('unsent ');
    await world.sql.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [bob.user.id]);
    tab.isCut = false;
    await eventually('the client has given up', () => tab.client.status === 'closed');
    expect(tab.client.lastError?.code).toBe('invalid_token');
    expect(tab.api.session).toBeUndefined();
    const read = async () =>
      (await PlainEditor.open(await world.connect(await world.signInAgain(bob)), documentId)).text;
    expect(await read()).toBe('before ');

    // The page leaves the client that has ended, and signs in.
    await tab.client.close();
    const after = await new Tab(bob, outbox).open(documentId);
    await eventually('what was kept is delivered', () => after.provider.saved);
    expect(await read()).toBe('unsent before ');
    expect(after.provider.doc.getText('content').toString()).toBe('unsent before ');
  });
});
