import type { ErrorCode } from '@tandem/protocol';
import type { ROLES } from './access-scene.js';
import {
  confirmedApp,
  type Given,
  guestLink,
  identity,
  invitation,
  newApp,
  otherSession,
  PASSWORD,
  password,
  personalToken,
  takesGuests,
  version,
} from './route-givens.js';

/**
 * The least that a caller must be. `whose it is`: something of an account, which the path names; for others it is not there.
 * A role: of a member of the project that the path names.
 */
export type Least = 'anyone' | 'signed in' | 'whose it is' | (typeof ROLES)[number];

export interface RouteLine {
  /** Names in braces are filled in by the scene and by `given`. */
  readonly route: string;
  readonly least: Least;
  /** What who may is answered: a status, or the refusal that shows that the request was judged beyond rights. */
  readonly gives: number | ErrorCode;
  readonly body?: object;
  readonly given?: Given;
}

const line = (least: Least, route: string, gives: number | ErrorCode, body?: object, given?: Given): RouteLine => ({
  route,
  least,
  gives,
  ...(body ? { body } : {}),
  ...(given ? { given } : {}),
});

const secret = 'x'.repeat(43);

const api = (lines: readonly RouteLine[]) =>
  lines.map((one) => ({ ...one, route: one.route.replace(' ', ' /api/v1') }));

const PUBLIC = api([
  line('anyone', 'POST /auth/register', 201, { email: '{newcomer}', password: PASSWORD, displayName: 'Ada' }),
  line('anyone', 'POST /auth/register/confirm', 'link_expired', { token: secret, password: PASSWORD }),
  line('anyone', 'POST /auth/login', 200, { email: '{founderEmail}', password: PASSWORD }, password),
  line('anyone', 'POST /auth/refresh', 200, { refreshToken: '{refreshToken}' }),
  line('anyone', 'POST /auth/link', 200, { token: '{token}' }, guestLink),
  line('anyone', 'POST /auth/logout', 204, { refreshToken: '{refreshToken}' }),
  line('anyone', 'POST /auth/verify-email', 'link_expired', { token: secret }),
  line('anyone', 'POST /auth/password-reset', 'mail_unavailable', { email: '{founderEmail}' }),
  line('anyone', 'POST /auth/password-reset/confirm', 'link_expired', { token: secret, password: PASSWORD }),
  line('anyone', 'GET /auth/providers', 200),
  line('anyone', 'POST /auth/oidc/{founder}/start', 'not_found', { browserKey: secret }),
  line('anyone', 'GET /auth/oidc/{founder}/callback', 'oauth_failed'),
  line('anyone', 'POST /auth/oidc/token', 'oauth_failed', { code: secret, browserKey: secret }),
  line('anyone', 'POST /invitations/look', 200, { token: '{token}' }, invitation('viewer')),
]);

const ACCOUNT = api([
  line('signed in', 'GET /users/me', 200),
  line('signed in', 'PATCH /users/me', 200, { displayName: 'Grace' }),
  line('signed in', 'GET /users/me/account', 200),
  line('signed in', 'POST /users/me/email', 202, { email: '{newcomer}' }),
  line('signed in', 'POST /users/me/email/verification', 'mail_unavailable'),
  line('signed in', 'PUT /users/me/password', 204, { password: 'a staple of another battery' }),
  line('signed in', 'GET /users/me/profile', 200),
  line('signed in', 'PUT /users/me/profile', 200, { ideSettings: {}, aiPreferences: {} }),
  line('signed in', 'GET /users/me/export', 200),
  line('signed in', 'GET /users/me/deletion', 200),
  line('signed in', 'POST /users/me/deletion', 204, {}),
  line('signed in', 'GET /users/me/audit', 200),
  line('signed in', 'GET /users/me/sessions', 200),
  line('signed in', 'DELETE /users/me/sessions', 204),
  line('whose it is', 'DELETE /users/me/sessions/{session}', 204, undefined, otherSession),
  line('signed in', 'GET /users/me/tokens', 200),
  line('signed in', 'POST /users/me/tokens', 201, { name: 'CI', scopes: ['read'] }),
  line('whose it is', 'DELETE /users/me/tokens/{personalToken}', 204, undefined, personalToken),
  line('signed in', 'GET /users/me/identities', 200),
  line('signed in', 'POST /users/me/identities', 'oauth_failed', { code: secret, browserKey: secret }),
  line('signed in', 'POST /users/me/identities/{founder}/start', 'not_found', { browserKey: secret }),
  line('whose it is', 'DELETE /users/me/identities/{identity}', 204, undefined, identity),
  line('signed in', 'GET /users/me/factors', 200),
  line('signed in', 'POST /users/me/factors/totp', 201, {}, password),
  line('signed in', 'POST /users/me/factors/totp/confirm', 200, { code: '{code}' }, newApp),
  line('signed in', 'POST /users/me/factors/recovery-codes', 200, { code: '{recoveryCode}' }, confirmedApp),
  line('signed in', 'DELETE /users/me/factors/totp', 204, { code: '{recoveryCode}' }, confirmedApp),
  line('signed in', 'POST /invitations/accept', 200, { token: '{token}' }, invitation('viewer')),
  line('signed in', 'GET /projects', 200),
  line('signed in', 'POST /projects', 201, { name: 'Apollo' }),
  line('signed in', 'GET /ai/models', 200),
]);

const PROJECT = api([
  line('viewer', 'GET /projects/{project}', 200),
  line('maintainer', 'PATCH /projects/{project}', 200, { name: 'New' }),
  line('owner', 'DELETE /projects/{project}', 204),
  line('viewer', 'GET /projects/{project}/path-rules', 200),
  line('maintainer', 'PUT /projects/{project}/path-rules', 200, { rules: [{ path: 'docs/', access: 'read' }] }),
  line('maintainer', 'GET /projects/{project}/audit', 200),
  line('viewer', 'GET /projects/{project}/members', 200),
  line('maintainer', 'POST /projects/{project}/members', 201, { email: '{outsiderEmail}', role: 'maintainer' }),
  line('owner', 'POST /projects/{project}/members', 201, { email: '{outsiderEmail}', role: 'owner' }),
  line('maintainer', 'PATCH /projects/{project}/members/{peer}', 200, { role: 'viewer' }),
  line('owner', 'PATCH /projects/{project}/members/{peer}', 200, { role: 'owner' }),
  line('owner', 'PATCH /projects/{project}/members/{founder}', 200, { role: 'viewer' }),
  line('maintainer', 'DELETE /projects/{project}/members/{peer}', 204),
  line('owner', 'DELETE /projects/{project}/members/{founder}', 204),
  line('viewer', 'DELETE /projects/{project}/members/{self}', 204),
  line('maintainer', 'GET /projects/{project}/invitations', 200),
  line('maintainer', 'POST /projects/{project}/invitations', 201, { email: '{newcomer}', role: 'maintainer' }),
  line('owner', 'POST /projects/{project}/invitations', 201, { email: '{newcomer}', role: 'owner' }),
  line('maintainer', 'DELETE /projects/{project}/invitations/{invitation}', 204, undefined, invitation('maintainer')),
  line('owner', 'DELETE /projects/{project}/invitations/{invitation}', 204, undefined, invitation('owner')),
  line('maintainer', 'GET /projects/{project}/guest-links', 200),
  line(
    'maintainer',
    'POST /projects/{project}/guest-links',
    201,
    { name: 'Workshop', role: 'editor', documentId: '{document}' },
    takesGuests,
  ),
  line('maintainer', 'DELETE /projects/{project}/guest-links/{link}', 204, undefined, guestLink),
  line('viewer', 'GET /projects/{project}/documents', 200),
  line('editor', 'POST /projects/{project}/documents', 201, { path: 'b.txt', text: 'b' }),
]);

const DOCUMENT = api([
  line('viewer', 'GET /documents/{document}', 200),
  line('editor', 'PATCH /documents/{document}', 200, { path: 'c.txt' }),
  line('editor', 'DELETE /documents/{document}', 204),
  line('viewer', 'GET /documents/{document}/text', 200),
  line('viewer', 'GET /documents/{document}/attributions', 200),
  line('viewer', 'GET /documents/{document}/history', 200),
  line('editor', 'POST /documents/{document}/restore', 200, { seq: 0 }),
  line('maintainer', 'POST /documents/{document}/reset', 200, { empty: true }),
  line('viewer', 'GET /documents/{document}/versions', 200),
  line('editor', 'POST /documents/{document}/versions', 201, { name: 'Second' }),
  line('editor', 'PATCH /documents/{document}/versions/{version}', 200, { name: 'Renamed' }, version),
  line('editor', 'DELETE /documents/{document}/versions/{version}', 204, undefined, version),
  line('viewer', 'GET /documents/{document}/versions/{version}/text', 200, undefined, version),
]);

const SERVER = [
  line('anyone', 'GET /', 200),
  line('anyone', 'GET /livez', 200),
  line('anyone', 'GET /readyz', 200),
  // From this machine; from others by a token of its own.
  line('anyone', 'GET /metrics', 200),
  line('anyone', 'GET /.well-known/jwks.json', 200),
];

/** Every route, with a line for each kind of request that asks for another right. */
export const ROUTE_ACCESS: readonly RouteLine[] = [...PUBLIC, ...ACCOUNT, ...PROJECT, ...DOCUMENT, ...SERVER];
