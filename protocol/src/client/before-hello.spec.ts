import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DOCUMENT, Harness } from '../../test/harness.js';
import { breath, FakeBrowser, FakeLocks, outboxes } from '../../test/outboxes.js';
import { subjectOf } from './connection/identity.js';
import { MemoryOutbox, type OutboxStore, TandemClient, type TandemClientOptions, TandemError } from './index.js';

let at: Harness;
const browser = new FakeBrowser();
beforeEach(() => {
  at = new Harness();
  at.server.userOf = (token) => subjectOf(token) ?? token;
});
afterEach(async () => {
  await at.dispose();
  await browser.close();
});

/** A JWT as the server makes them; nobody here looks at its signature. */
const tokenOf = (sub: string, iss = 'tandem') => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256' })}.${part({ iss, sub, name: 'Zoë 💡' })}.c2lnbmF0dXJl`;
};
const unreachable = () => Promise.reject(new TandemError('unreachable'));

const client = (outbox: OutboxStore, options: Pick<TandemClientOptions, 'token' | 'userId'>) => {
  const { dial } = at.server;
  const made = new TandemClient({ url: 'fake:', outbox, random: () => 0.5, dial, clock: at.clock, ...options });
  at.clients.push(made);
  return made;
};

/** A tab that never reaches the server: somebody types, and closes it. */
const typed = async (text: string, outbox: OutboxStore, options: Pick<TandemClientOptions, 'token' | 'userId'>) => {
  const tab = client(outbox, options);
  const provider = tab.openDocument(DOCUMENT);
  provider.text.insert(0, text);
  await tab.close();
};

/** The next visit of a user, with a connection. */
const visited = async (userId: string, outbox: OutboxStore) => {
  const tab = client(outbox, { token: tokenOf(userId) });
  at.connect(tab);
  const provider = tab.openDocument(DOCUMENT);
  await breath(at);
  return provider;
};

describe.each(outboxes(browser))('before the first server:hello, with the outbox in %s', (_name, make) => {
  it.each<[string, Pick<TandemClientOptions, 'token' | 'userId'>]>([
    ['a fixed token', { token: tokenOf('ann') }],
    ['a token that is fetched', { token: async () => tokenOf('ann') }],
    ['the application, while no token can be had', { token: unreachable, userId: 'ann' }],
  ])('SES-7, DOC-14: what was typed outlives the tab, known by %s', async (_how, options) => {
    const outbox = make();
    await typed('offline ', outbox, options);
    await typed('twice ', outbox, options);
    const provider = await visited('ann', outbox);
    expect(at.document.text).toContain('offline ');
    expect(at.document.text).toContain('twice ');
    expect(provider.text.toString()).toBe(at.document.text);
    expect(provider.saved).toBe(true);
  });

  it('SES-7: the next user of the browser delivers nothing of it, its author does', async () => {
    const outbox = make();
    await typed("ann's", outbox, { token: tokenOf('ann') });
    const bea = await visited('bea', outbox);
    expect(bea.status).toBe('open');
    expect(bea.text.toString()).toBe('');
    expect(at.document.rows).toEqual([]);
    await visited('ann', outbox);
    expect(at.document.text).toBe("ann's");
  });

  it('SES-6, SES-7: a server that greets somebody else than the application named ends it', async () => {
    const outbox = make();
    const tab = client(outbox, { token: tokenOf('bea'), userId: 'ann' });
    const provider = tab.openDocument(DOCUMENT);
    provider.text.insert(0, "ann's");
    at.connect(tab);
    await breath(at);
    expect(tab.status).toBe('closed');
    expect(tab.lastError?.code).toBe('unauthorized');
    expect(at.asked('document:open')).toEqual([]);
    await tab.close();
    await visited('ann', outbox);
    expect(at.document.text).toBe("ann's");
  });
});

it('SES-7: a tab that crashes before its first connection leaves its edits behind', async () => {
  const locks = new FakeLocks();
  const tab = client(browser.outbox('before hello', locks), { token: tokenOf('ann') });
  tab.openDocument(DOCUMENT).text.insert(0, 'typed');
  await breath(at);
  locks.crash();
  await visited('ann', browser.outbox('before hello', locks));
  expect(at.document.text).toBe('typed');
});

it('SES-7: goes on typing where an earlier visit without a connection ended', async () => {
  const outbox = new MemoryOutbox();
  await typed('one ', outbox, { token: tokenOf('ann') });
  const tab = client(outbox, { token: tokenOf('ann') });
  const provider = tab.openDocument(DOCUMENT);
  await breath(at);
  expect(provider.text.toString()).toBe('one ');
  expect(provider.pending).toBe(1);
  provider.text.insert(4, 'two');
  await tab.close();
  const later = await visited('ann', outbox);
  expect(at.document.text).toBe('one two');
  expect(later.saved).toBe(true);
});

it('SES-7: a document that was closed while nobody could tell is put away at the hello', async () => {
  const outbox = new MemoryOutbox();
  const failures = [new TandemError('unreachable'), new TandemError('unreachable')];
  const tab = client(outbox, {
    token: () => (failures.length > 0 ? Promise.reject(failures.pop()) : Promise.resolve('an opaque token')),
  });
  at.server.userOf = () => 'ann';
  const told: TandemError[] = [];
  tab.on('error', (error) => told.push(error));
  const provider = tab.openDocument(DOCUMENT);
  provider.text.insert(0, 'typed');
  await breath(at);
  await provider.destroy();
  expect(told.map(({ message }) => message)).toEqual([expect.stringContaining('Nobody knows whose')]);
  at.connect(tab);
  await breath(at);
  tab.openDocument(DOCUMENT);
  await breath(at);
  expect(at.document.text).toBe('typed');
});

it('SES-6, SES-7: the subject of a token of another issuer is no user id: the hello names the user, and edits go out', async () => {
  const tab = client(new MemoryOutbox(), { token: async () => tokenOf('auth0|12345', 'https://id.example') });
  at.server.userOf = () => 'ann';
  const provider = tab.openDocument(DOCUMENT);
  provider.text.insert(0, 'typed');
  at.connect(tab);
  await breath(at);
  expect(tab.status).toBe('online');
  expect(at.document.text).toBe('typed');
  expect(provider.saved).toBe(true);
});

it('SES-7: a tab that closes waits for a token, but not for ever', async () => {
  const outbox = new MemoryOutbox();
  let answer: (token: string) => void = () => {};
  const slow = typed('slow', outbox, {
    token: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  await breath(at);
  answer(tokenOf('ann'));
  await slow;
  const never = typed('never', outbox, { token: () => new Promise(() => {}) });
  await breath(at);
  at.clock.advance(5_000);
  await never;
  await visited('ann', outbox);
  expect(at.document.text).toBe('slow');
});

it('SES-7: reads the subject of a JWT, and nothing out of anything else', () => {
  expect(subjectOf(tokenOf('00000000-0000-4000-8000-00000000000a'))).toBe('00000000-0000-4000-8000-00000000000a');
  // Somebody of that name elsewhere; here the hello tells who that is.
  expect(subjectOf(tokenOf('00000000-0000-4000-8000-00000000000a', 'https://id.example'))).toBeUndefined();
  for (const token of ['', 'ann', 'a.b.c', `a.${Buffer.from('{"sub":7}').toString('base64url')}.c`, 'a..c']) {
    expect(subjectOf(token)).toBeUndefined();
  }
});
