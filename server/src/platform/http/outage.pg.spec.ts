import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { problem, project, type Tokens, tokens } from '@tandem/protocol/http';
import { AccountDeletion } from '../../core/access/account-deletion.js';
import { AccountExport } from '../../core/access/account-export.js';
import { Accounts } from '../../core/access/accounts.js';
import { ChangeLog } from '../../core/access/change-log.js';
import { Identities } from '../../core/access/identities.js';
import { Memberships } from '../../core/access/memberships.js';
import { OidcFlows } from '../../core/access/oidc-flows.js';
import { OneTimeTokens } from '../../core/access/one-time-tokens.js';
import { PersonalTokens } from '../../core/access/personal-tokens.js';
import { Profiles } from '../../core/access/profiles.js';
import { SecondFactors } from '../../core/access/second-factors.js';
import { SignInLinks } from '../../core/access/sign-in-links.js';
import { SignInSessions } from '../../core/access/sign-in-sessions.js';
import { SignInThrottle } from '../../core/access/sign-in-throttle.js';
import { KeyUpkeep } from '../../core/access/signing-keys.js';
import { DocumentsDirectory } from '../../core/project/documents-directory.js';
import { Members } from '../../core/project/members.js';
import { Projects } from '../../core/project/projects.js';
import { DemoService } from '../../features/demo/demo.service.js';
import { eventually } from '../../testing/eventually.js';
import { type PrivatePostgres, startPrivatePostgres } from '../../testing/postgres.js';
import { newFile, newProject } from '../../testing/project-fixtures.js';
import { TestApp } from '../../testing/test-app.js';

const ADA = { email: 'ada@example.org', password: 'correct horse battery staple' };

let postgres: PrivatePostgres;
let server: TestApp;
let ada: Tokens;
beforeAll(async () => {
  postgres = await startPrivatePostgres();
  server = await TestApp.start({ databaseUrl: postgres.url });
  const body = { ...ADA, displayName: 'Ada' };
  ada = tokens.parse((await server.request('POST', '/api/v1/auth/register', { body })).json());
});
afterAll(async () => {
  await server?.stop();
  await postgres?.stop();
});

const ask = (method: string, path: string, body?: unknown) =>
  server.request(method, `/api/v1${path}`, { body, token: ada.accessToken });

const isReady = async () => (await server.request('GET', '/readyz')).status === 200;

test('while the database is away REST says so and when to come back, and afterwards all is there', async () => {
  const { id } = project.parse((await ask('POST', '/projects', { name: 'Apollo' })).json());
  const file = (await ask('POST', `/projects/${id}/documents`, { path: 'a.txt', text: 'a' })).json<{ id: string }>();

  await postgres.kill9();
  const answers = await Promise.all([
    ask('GET', '/projects'),
    ask('POST', `/projects/${id}/documents`, { path: 'b.txt', text: 'b' }),
    ask('GET', `/documents/${file.id}/text`),
    server.request('POST', '/api/v1/auth/login', { body: ADA }),
    server.request('POST', '/api/v1/auth/refresh', { body: { refreshToken: ada.refreshToken } }),
    server.request('GET', '/readyz'),
  ]);
  for (const answer of answers) {
    expect(problem.parse(answer.json())).toMatchObject({ status: 503, code: 'store_unavailable', retry: 'later' });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('retry-after')).toMatch(/^[123]$/);
  }

  await eventually('the server is ready again', isReady);
  expect((await ask('GET', '/projects')).json()).toMatchObject({ projects: [{ id, name: 'Apollo' }] });
  expect((await ask('GET', `/documents/${file.id}/text`)).text).toBe('a');
  expect((await ask('POST', `/projects/${id}/documents`, { path: 'b.txt', text: 'b' })).status).toBe(201);
});

// Over REST the look at the caller's session fails first, and hides what is behind it.
test('every adapter tells an outage from a fault, whichever of its queries meets it', async () => {
  const get = { strict: false };
  const projects = server.app.get(Projects, get);
  const members = server.app.get(Members, get);
  const memberships = server.app.get(Memberships, get);
  const documents = server.app.get(DocumentsDirectory, get);
  const accounts = server.app.get(Accounts, get);
  const mailTokens = server.app.get(OneTimeTokens, get);
  const profiles = server.app.get(Profiles, get);
  const sessions = server.app.get(SignInSessions, get);
  const personal = server.app.get(PersonalTokens, get);
  const factors = server.app.get(SecondFactors, get);
  const links = server.app.get(SignInLinks, get);
  const throttle = server.app.get(SignInThrottle, get);
  const [user, other] = [randomUUID(), randomUUID()];
  const flows = server.app.get(OidcFlows, get);
  const identities = server.app.get(Identities, get);
  const foreign = { issuer: 'https://id.example', subject: 'a', email: null, emailVerified: false, displayName: null };
  const hash = new Uint8Array(32);
  const account = { email: 'grace@example.org', displayName: 'Grace', passwordHash: '' };

  await postgres.kill9();
  const outcomes = await Promise.allSettled([
    projects.create(user, newProject()),
    projects.list(user),
    projects.get(user, other),
    projects.change(user, other, {}),
    projects.delete(user, other),
    members.list(user, other),
    members.add(user, other, account.email, 'editor'),
    members.change(user, other, user, 'editor'),
    members.remove(user, other, user),
    memberships.role(user, other),
    memberships.document(user, other),
    memberships.documents(other),
    documents.list(user, other),
    documents.get(user, other),
    documents.create(user, other, newFile('a.txt')),
    documents.move(user, other, { path: 'b.txt', pathKey: 'b.txt' }),
    documents.delete(user, other),
    accounts.create(account),
    accounts.byId(user),
    accounts.credentials(account.email),
    accounts.credentialsById(user),
    accounts.state(user),
    accounts.rename(user, 'Grace'),
    accounts.changeEmail(user, account.email),
    accounts.setPassword(user, '', other),
    factors.state(user),
    factors.begin(user, hash),
    factors.confirm(user, () => 1, []),
    factors.useStep(user, () => 1),
    factors.useRecoveryCode(user, hash),
    factors.replaceRecoveryCodes(user, []),
    factors.end(user),
    mailTokens.forRegistration(account),
    mailTokens.forVerification(user),
    mailTokens.forEmailChange(user, account.email),
    mailTokens.forReset(account.email),
    mailTokens.registration('made up'),
    mailTokens.redeemRegistration('made up'),
    mailTokens.redeemVerification('made up'),
    mailTokens.resetAccount('made up'),
    mailTokens.redeemReset('made up', ''),
    server.app.get(AccountDeletion, get).plan(user),
    server.app.get(AccountDeletion, get).delete(user),
    server.app.get(AccountExport, get).of(user)[Symbol.asyncIterator]().next(),
    profiles.read(user),
    profiles.write(user, { ideSettings: {}, aiPreferences: {} } as Parameters<Profiles['write']>[1]),
    sessions.start(user, hash, 1),
    sessions.rotate(hash, hash, 1),
    sessions.revoke(hash),
    sessions.isLive(user),
    sessions.ofUser(user),
    sessions.revokeById(user, other),
    sessions.revokeAll(user),
    sessions.touch(other),
    personal.create({ userId: user, tokenHash: hash, name: 'CI', scopes: ['read'], hint: 'tdm_', days: 1 }),
    personal.ofUser(user),
    personal.revoke(user, other),
    personal.find(hash),
    personal.touch(other),
    flows.begin({ stateHash: hash, provider: 'oidc', browserHash: hash }),
    flows.take(hash, 'oidc', hash),
    flows.handOver(hash, foreign),
    flows.redeem(hash),
    identities.resolve(foreign, { isOpen: true, domains: [], ifTaken: 'refuse' }),
    identities.find(foreign.issuer, foreign.subject),
    identities.link(user, foreign),
    identities.list(user),
    identities.unlink(user, other, () => false),
    identities.grant(other, {}, 0),
    server.app.get(KeyUpkeep, get).run(),
    links.create({ projectId: other, role: 'editor' }),
    links.redeem('made up', 'Grace'),
    throttle.begin('password', account.email, 'a'),
    throttle.succeeded('password', account.email, 'a'),
    throttle.abandoned('password', account.email, 'a'),
    server.app.get(ChangeLog, get).news(undefined),
    server.app.get(ChangeLog, get).prune(),
    server.app.get(DemoService, get).link(),
  ]);
  const unavailable = {
    status: 'rejected',
    reason: { name: 'TandemError', code: 'store_unavailable', retry: 'later' },
  };
  expect(outcomes).toMatchObject(outcomes.map(() => unavailable));
  await eventually('the server is ready again', isReady);
});
