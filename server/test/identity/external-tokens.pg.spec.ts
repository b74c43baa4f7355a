import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Role } from '@tandem/protocol';
import { MemoryOutbox, TandemApi, TandemClient } from '@tandem/protocol/client';
import { type AuditPage, problem, type Tokens } from '@tandem/protocol/http';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { ExternalTokensConfig } from '../../src/config/identity-config.js';
import { AccessTokens } from '../../src/core/access/access-tokens.js';
import { AccountDeletion } from '../../src/core/access/account-deletion.js';
import { Changes } from '../../src/core/access/changes.js';
import { eventually } from '../../src/testing/eventually.js';
import { AUDIENCE, CLIENT, IdentityProvider } from '../support/identity-provider.js';
import { PlainEditor } from '../support/plain-editor.js';
import { ScriptedIssuer } from '../support/scripted-issuer.js';
import { SignInPage } from '../support/sign-in-page.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const settings = (issuer: string, more: Partial<ExternalTokensConfig> = {}): ExternalTokensConfig => ({
  issuer,
  audience: [AUDIENCE],
  algorithms: ['RS256'],
  rolesClaim: 'tandem_roles',
  ...more,
});

const now = () => Math.floor(Date.now() / 1000);
/** As the tokens of a sign-in here are used; there is nothing to renew. */
const holder = (accessToken: string) => ({ accessToken }) as Tokens;

describe('access tokens of a real provider', () => {
  let company: IdentityProvider;
  let world: SyncWorld;

  beforeAll(async () => {
    company = await IdentityProvider.start();
    const provider = { ...CLIENT, id: 'oidc', name: 'Company', issuer: company.issuer, scopes: 'openid profile email' };
    world = await SyncWorld.start({
      externalTokens: settings(company.issuer),
      signIn: { providers: [{ ...provider, trustEmail: false }], signUp: true, signUpDomains: [] },
    });
    await company.allow(`${world.server.url}/api/v1/auth/oidc/oidc/callback`);
    company.tell('grace', { name: 'Grace Hopper', email: 'grace@example.org', email_verified: true });
  });
  afterEach(() => world?.hangUp());
  afterAll(async () => {
    await world?.stop();
    await company?.stop();
  });

  const me = (token: string) => world.server.request('GET', '/api/v1/users/me', { token });

  it('open REST and sockets, for an account that is made when its person is first seen', async () => {
    company.tokenClaims = { name: 'Grace Hopper' };
    const { accessToken } = await company.tokens('grace');
    const found = (await me(accessToken)).json<{ id: string }>();
    expect(found).toMatchObject({ displayName: 'Grace Hopper', kind: 'person' });
    const client = await world.connect(holder(accessToken));
    expect((await client.greeted()).userId).toBe(found.id);
    // Who signs in with the button is the same person.
    const signedIn = await new SignInPage(world.server, company.issuer).signIn('grace');
    expect(signedIn).toMatchObject({
      isNew: false,
      user: { id: found.id, email: 'grace@example.org', emailVerified: true },
    });
  });

  it('A31: the ID token of the same sign-in opens nothing', async () => {
    const { idToken } = await company.tokens('grace');
    expect((await me(idToken)).status).toBe(401);
  });

  it('SES-7: the SDK works with them: it learns from the server who its user is', async () => {
    const { accessToken } = await company.tokens('grace');
    const token = async () => accessToken;
    const { url } = world.server;
    const api = new TandemApi({ url, token });
    const { id } = await api.me();
    const project = await api.createProject({ name: 'Compiler' });
    const document = await api.createDocument(project.id, { path: 'a.ts', text: '' });
    const client = new TandemClient({ url, token, outbox: new MemoryOutbox() });
    try {
      const provider = client.openDocument(document.id);
      provider.text.insert(0, 'typed before the hello');
      await client.connect();
      await eventually('it is saved', () => provider.saved && client.status === 'online');
      expect(await api.text(document.id)).toBe('typed before the hello');
      expect(client.lastError).toBeUndefined();
      expect((await api.members(project.id)).map(({ userId }) => userId)).toEqual([id]);
    } finally {
      await client.close();
    }
  });
});

describe('access tokens of an issuer', () => {
  let issuer: ScriptedIssuer;
  let world: SyncWorld;
  let owner: Person;

  beforeAll(async () => {
    issuer = await ScriptedIssuer.start();
    world = await SyncWorld.start({ externalTokens: settings(issuer.url, { algorithms: ['RS256', 'ES256'] }) });
    owner = await world.person('Olga');
  });
  afterEach(() => world?.hangUp());
  afterAll(async () => {
    await world?.stop();
    await issuer?.stop();
  });

  const claims = (more: JWTPayload = {}): JWTPayload => ({
    iss: issuer.url,
    aud: AUDIENCE,
    sub: 'somebody',
    iat: now(),
    exp: now() + 300,
    jti: randomUUID(),
    ...more,
  });
  const tokenOf = (more: JWTPayload = {}, header: Record<string, unknown> = { typ: 'at+jwt' }) =>
    issuer.sign(claims(more), header);
  const me = (token: string) => world.server.request('GET', '/api/v1/users/me', { token });
  const codeOf = async (token: string) => {
    const answer = await me(token);
    return answer.status === 200 ? 'ok' : problem.parse(answer.json()).code;
  };

  describe('A28 A30 A31: what is not a good one', () => {
    const other = generateKeyPair('RS256', { extractable: true });
    const forged = async (header: object, key?: CryptoKey) =>
      new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...header } as never)
        .sign(key ?? (await other).privateKey);
    const part = (value: unknown) =>
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

    it.each<[string, () => Promise<string> | string]>([
      ['A28: alg none', () => new UnsecuredJWT(claims()).encode()],
      ['A28: alg none with the look of a signature', async () => `${part({ alg: 'none' })}.${part(claims())}.c2ln`],
      [
        'A28: the public key as the secret of HS256',
        async () => {
          const pem = await exportSPKI((await issuer.publicKey()) as CryptoKey);
          const head = `${part({ alg: 'HS256', typ: 'at+jwt', kid: issuer.kid })}.${part(claims())}`;
          return `${head}.${createHmac('sha256', pem).update(head).digest('base64url')}`;
        },
      ],
      ['A28: an algorithm that is not on the list', () => issuer.signWith('RS512', claims())],
      ['A28: another key under the name of the issuer’s', async () => forged({ kid: issuer.kid })],
      ['A28: a key that is not in the set', () => forged({ kid: 'made-up' })],
      ['A28: a key in the header', async () => forged({ jwk: await exportJWK((await other).publicKey) })],
      ['A28: an address of keys in the header', () => forged({ jku: 'https://evil.example/jwks', kid: 'evil' })],
      [
        'A28: a header that must be understood',
        async () => {
          const crit = { alg: 'RS256', typ: 'at+jwt', kid: issuer.kid, crit: ['new'], new: true };
          const head = `${part(crit)}.${part(claims())}`;
          return `${head}.${await issuer.signature(head)}`;
        },
      ],
      ['A30: not yet', () => tokenOf({ nbf: now() + 120 })],
      ['A30: issued in times to come', () => tokenOf({ iat: now() + 3600 })],
      ['A30: another audience', () => tokenOf({ aud: 'https://other.example' })],
      ['A30: no audience', () => tokenOf({ aud: undefined })],
      ['A30: no end', () => tokenOf({ exp: undefined })],
      ['A30: no beginning', () => tokenOf({ iat: undefined })],
      ['A30: no subject', () => tokenOf({ sub: undefined })],
      ['A30: an empty subject', () => tokenOf({ sub: '' })],
      ['A30: a subject that no database could hold', () => tokenOf({ sub: 'some\u0000body' })],
      ['A30: a subject that is no text', () => tokenOf({ sub: 7 as never })],
      ['A30: another issuer, which this server does not know', () => tokenOf({ iss: 'https://evil.example' })],
      ['A30: an issuer that only begins alike', () => tokenOf({ iss: `${issuer.url}/` })],
      ['A30: the issuer of this server', () => tokenOf({ iss: 'tandem' })],
      ['A30: nine kilobytes', () => tokenOf({ more: 'x'.repeat(9000) })],
      ['A30: a megabyte', () => 'x'.repeat(1024 * 1024).slice(0, 15_000)],
      ['A31: a refresh token', () => tokenOf({}, { typ: 'refresh+jwt' })],
      ['A31: a refresh token, as Keycloak says it', () => tokenOf({ typ: 'Refresh' }, { typ: 'JWT' })],
      ['A31: an ID token', () => tokenOf({ nonce: 'n' }, { typ: 'JWT' })],
      ['A31: an ID token of the code flow', () => tokenOf({ at_hash: 'h' }, {})],
      ['A31: an ID token, as Cognito says it', () => tokenOf({ token_use: 'id' }, {})],
      ['A31: a logout token', () => tokenOf({ events: {} }, { typ: 'logout+jwt' })],
      ['A31: a token of a mail', () => tokenOf({}, { typ: 'verify-email+jwt' })],
    ])('%s is refused', async (_what, make) => {
      expect(await codeOf(await make())).toBe('invalid_token');
    });

    it('A30: an expired one says so, 30 s later than it should', async () => {
      expect(await codeOf(await tokenOf({ exp: now() - 120 }))).toBe('token_expired');
      expect(await codeOf(await tokenOf({ exp: now() - 5 }))).toBe('ok');
    });

    it('A30: of a claim that is there twice, the last one holds, for the signature covers both', async () => {
      const twice = JSON.stringify(claims()).replace('"sub":"somebody"', '"sub":"root","sub":"somebody"');
      expect(twice).toContain('"root"');
      const head = `${part({ alg: 'RS256', kid: issuer.kid, typ: 'at+jwt' })}.${part(twice)}`;
      const token = `${head}.${await issuer.signature(head)}`;
      expect((await me(token)).json()).toEqual((await me(await tokenOf())).json());
    });

    it('A30: a socket hears the same', async () => {
      for (const [more, code] of [
        [{ aud: 'another' }, 'invalid_token'],
        [{ exp: now() - 120 }, 'token_expired'],
      ] as const) {
        const client = world.dial({ token: await tokenOf(more), protocol: 1 });
        expect(await client.refused()).toMatchObject({ code });
      }
    });

    it.each([['at+jwt'], ['application/at+jwt'], ['JWT'], [undefined]])(
      'typ %s is that of access tokens',
      async (typ) => {
        expect(await codeOf(await tokenOf({}, typ === undefined ? {} : { typ }))).toBe('ok');
      },
    );
  });

  describe('whose account it is', () => {
    it('one for each subject, by an address only when both sides have verified it', async () => {
      const both = await world.person('Both');
      await world.sql.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [both.user.id]);
      const only = await world.person('Only');
      const idOf = async (more: JWTPayload) =>
        (await me(await tokenOf(more))).json<{ id: string; email: string | null }>();
      expect(await idOf({ sub: 'a', email: both.email, email_verified: true })).toMatchObject({ id: both.user.id });
      const second = await idOf({ sub: 'b', email: only.email, email_verified: true });
      expect(second.id).not.toBe(only.user.id);
      expect(second.email).toBeNull();
      expect(await idOf({ sub: 'c', email: 'new@example.net', email_verified: true })).toMatchObject({
        email: 'new@example.net',
      });
      expect((await idOf({ sub: 'a' })).id).toBe(both.user.id);
    });

    it('many requests with the first token of somebody make one account', async () => {
      const token = await tokenOf({ sub: 'eager' });
      const answers = await Promise.all(Array.from({ length: 8 }, () => me(token)));
      expect(new Set(answers.map((answer) => answer.json<{ id: string }>().id)).size).toBe(1);
    });

    it('SES-3: an identity that is unlinked closes its sockets, and does not come back by the same token', async () => {
      const token = await tokenOf({ sub: 'leaver' });
      const client = await world.connect(holder(token));
      const { identities } = (await world.rest(holder(token), 'GET', '/users/me/identities')) as {
        identities: { id: string; providerName: string }[];
      };
      expect(identities).toMatchObject([{ providerName: issuer.url }]);
      // Without a password it is the last way in.
      await expect(
        world.rest(holder(token), 'DELETE', `/users/me/identities/${identities[0]!.id}`),
      ).rejects.toMatchObject({
        code: 'last_sign_in',
      });
      await world.sql.query(`UPDATE users SET password_hash = 'x' WHERE id = $1`, [(await client.greeted()).userId]);
      await world.rest(holder(token), 'DELETE', `/users/me/identities/${identities[0]!.id}`);
      await eventually('the socket is closed', () => !client.isConnected);
      expect(await codeOf(token)).toBe('invalid_token');
    });

    it('SES-3: an account that is deleted closes the sockets of its issuer’s tokens', async () => {
      const token = await tokenOf({ sub: 'goer' });
      const client = await world.connect(holder(token));
      const { userId } = await client.greeted();
      for (const change of await world.server.app.get(AccountDeletion, { strict: false }).delete(userId)) {
        world.server.app.get(Changes, { strict: false }).publish(change);
      }
      await eventually('the socket is closed', () => !client.isConnected);
      expect(await codeOf(token)).toBe('invalid_token');
    });

    it('a connection is renewed with the next token of the same person, and of nobody else', async () => {
      const client = await world.connect(holder(await tokenOf({ sub: 'renewer' })));
      const next = await tokenOf({ sub: 'renewer', exp: now() + 900 });
      expect(await client.ask('session:renew', { token: next })).toMatchObject({ ok: true });
      const stranger = await tokenOf({ sub: 'stranger' });
      expect(await client.ask('session:renew', { token: stranger })).toMatchObject({
        ok: false,
        error: { code: 'invalid_token' },
      });
    });

    it('their tokens are not mistaken for this server’s own, and those go on to work', async () => {
      const tokens = world.server.app.get(AccessTokens, { strict: false });
      expect((await tokens.verify(owner.accessToken)).userId).toBe(owner.user.id);
    });
  });

  describe('roles in tokens', () => {
    let sub: string;
    let projectId: string;
    let documentId: string;
    let issued: number;

    const withRoles = (roles: unknown, more: JWTPayload = {}) =>
      tokenOf({ sub, tandem_roles: roles, iat: ++issued, ...more } as JWTPayload);
    const roleNow = async (token: string): Promise<Role | undefined> => {
      const { projects } = (await world.rest(holder(token), 'GET', '/projects')) as {
        projects: { id: string; role: Role }[];
      };
      return projects.find(({ id }) => id === projectId)?.role;
    };

    const scene = async () => {
      sub = `worker-${randomUUID()}`;
      issued = now() - 200;
      ({ projectId, documentId } = await world.share(owner));
    };

    it('become memberships; a changed one is told to everybody and moves the fence', async () => {
      await scene();
      const watcher = await world.connect(owner);
      await watcher.ask('project:open', { projectId });
      const editorToken = await withRoles({ [projectId]: 'editor' });
      expect(await roleNow(editorToken)).toBe('editor');
      await watcher.hears('project:event', ({ type }) => type === 'member.added');
      const editor = await PlainEditor.open(await world.connect(holder(editorToken)), documentId);
      await editor.type('written by right');

      const viewerToken = await withRoles({ [projectId]: 'viewer' });
      expect(await roleNow(viewerToken)).toBe('viewer');
      await watcher.hears('project:event', ({ type }) => type === 'member.changed');
      expect(await editor.client.hears('document:role')).toEqual({ documentId, role: 'viewer' });
      await expect(editor.type('written without')).rejects.toThrow('forbidden');

      // The older token is still good, but does not bring its role back.
      expect(await roleNow(editorToken)).toBe('viewer');
      const { events } = (await world.rest(owner, 'GET', `/projects/${projectId}/audit`)) as AuditPage;
      expect(events.map(({ action, actor, details }) => [action, actor, details])).toEqual([
        ['member.changed', null, { by: 'issuer', role: 'viewer' }],
        ['member.added', null, { by: 'issuer', role: 'editor' }],
      ]);
    });

    it('that are gone from the newest token are gone here, with the sockets’ sight of the project', async () => {
      await scene();
      const client = await world.connect(holder(await withRoles({ [projectId]: 'editor' })));
      await PlainEditor.open(client, documentId);
      expect(await roleNow(await withRoles({}))).toBeUndefined();
      expect(await client.hears('document:status', ({ state }) => state === 'closed')).toEqual({
        documentId,
        state: 'closed',
      });
      // An older one, which this server had not seen before, does not undo it.
      expect(await roleNow(await withRoles({ [projectId]: 'owner' }, { iat: issued - 5 }))).toBeUndefined();
    });

    it('that a token does not speak of stay as they are', async () => {
      await scene();
      await withRoles({ [projectId]: 'editor' }).then(roleNow);
      expect(await roleNow(await tokenOf({ sub, iat: ++issued }))).toBe('editor');
      // What an owner changes by hand holds, until the issuer says something else than before.
      const userId = (await me(await tokenOf({ sub }))).json<{ id: string }>().id;
      await world.rest(owner, 'PATCH', `/projects/${projectId}/members/${userId}`, { role: 'viewer' });
      expect(await roleNow(await withRoles({ [projectId]: 'editor' }))).toBe('viewer');
      expect(await roleNow(await withRoles({ [projectId]: 'maintainer' }))).toBe('maintainer');
    });

    it('grant nothing where they cannot be read, in projects that are not there, or that were deleted', async () => {
      await scene();
      for (const roles of [
        'owner',
        ['owner'],
        { [projectId]: 'root' },
        { [projectId]: 7 },
        { [randomUUID()]: 'owner' },
      ]) {
        expect(await roleNow(await withRoles(roles))).toBeUndefined();
      }
      await world.rest(owner, 'DELETE', `/projects/${projectId}`);
      expect(await roleNow(await withRoles({ [projectId]: 'owner' }))).toBeUndefined();
    });

    it('of many tokens that come at once the newest holds', async () => {
      await scene();
      const roles: Role[] = ['viewer', 'editor', 'maintainer', 'viewer', 'commenter', 'editor'];
      const tokens = await Promise.all(roles.map((role) => withRoles({ [projectId]: role })));
      await Promise.all(tokens.toReversed().map(roleNow));
      expect(await roleNow(tokens[0]!)).toBe('editor');
    });

    it('do not take the last owner away', async () => {
      await scene();
      const token = await withRoles({ [projectId]: 'owner' });
      expect(await roleNow(token)).toBe('owner');
      await world.rest(owner, 'DELETE', `/projects/${projectId}/members/${owner.user.id}`);
      expect(await roleNow(await withRoles({ [projectId]: 'viewer' }))).toBe('owner');
    });
  });
});
