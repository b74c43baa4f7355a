import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { project, type Tokens, tokens } from '@tandem/protocol/http';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { type ServerProcess, startServerProcess, stopAllServers } from '../../src/testing/server-process.js';
import { accepted, PlainClient } from '../support/plain-client.js';

/** How long an access token lives here, in seconds. */
const TTL_S = 20;
const PASSWORD = 'correct horse battery staple';

describe('a node that is stopped for a while (SIGSTOP)', () => {
  let database: TestDatabase;
  let here: ServerProcess;
  let there: ServerProcess;
  const clients: PlainClient[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      TANDEM_SECRET: randomBytes(32).toString('base64url'),
      ACCESS_TOKEN_TTL: String(TTL_S),
      AI_WORKER: 'none',
    };
    [here, there] = await Promise.all([startServerProcess({ env }), startServerProcess({ env })]);
  });
  afterEach(() => {
    there.signal('SIGCONT');
    for (const client of clients.splice(0)) client.disconnect();
  });
  afterAll(async () => {
    await stopAllServers();
    await database?.drop();
  });

  async function rest(person: Tokens | undefined, method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${here.url}/api/v1${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(person ? { Authorization: `Bearer ${person.accessToken}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.status === 204 ? undefined : response.json();
  }
  const signIn = async (email: string) =>
    tokens.parse(await rest(undefined, 'POST', '/auth/login', { email, password: PASSWORD }));
  const register = (email: string) =>
    rest(undefined, 'POST', '/auth/register', { email, password: PASSWORD, displayName: email });

  async function connect(person: Tokens): Promise<PlainClient> {
    const client = new PlainClient(there.url, { token: person.accessToken, protocol: 1 });
    clients.push(client);
    await client.greeted();
    return client;
  }

  it('SES-4 PRJ-5 D8 F32: ends what was ended meanwhile within a second of its return', async () => {
    const [ada, bob] = ['ada@example.org', 'bob@example.org'];
    await Promise.all([ada, bob].map(register));
    const [owner, out, member] = await Promise.all([signIn(ada), signIn(bob), signIn(bob)]);
    const { id: projectId } = project.parse(await rest(owner, 'POST', '/projects', { name: 'Apollo' }));
    await rest(owner, 'POST', `/projects/${projectId}/members`, { email: bob, role: 'editor' });
    const [signedOut, removed] = await Promise.all([connect(out), connect(member)]);
    await accepted(removed.ask('project:open', { projectId }));

    there.signal('SIGSTOP');
    await rest(undefined, 'POST', '/auth/logout', { refreshToken: out.refreshToken });
    await rest(owner, 'DELETE', `/projects/${projectId}/members/${member.user.id}`);
    there.signal('SIGCONT');
    await Promise.all([
      signedOut.hears('session:closed', ({ code }) => code === 'invalid_token', 1_000),
      removed.hears('project:event', ({ type }) => type === 'member.removed', 1_000),
    ]);
    // That he was added may have come after he opened it.
    expect(removed.told('project:event').filter(({ type }) => type === 'member.removed')).toHaveLength(1);

    there.signal('SIGSTOP');
    await eventually('the token has ended', () => Date.now() > tokenEnd(member) + 1_000, 40_000);
    there.signal('SIGCONT');
    expect(await removed.hears('session:closed', undefined, 1_000)).toMatchObject({ code: 'token_expired' });
  });
});

/** In epoch milliseconds. */
function tokenEnd({ accessToken }: Tokens): number {
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { exp: number };
  return claims.exp * 1_000;
}
