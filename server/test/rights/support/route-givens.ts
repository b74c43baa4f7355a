import { randomUUID } from 'node:crypto';
import type { RecoveryCodes, StartedTotp } from '@tandem/protocol/http';
import { Secret, TOTP } from 'otpauth';
import { PasswordHashes } from '../../../src/core/access/password-hashes.js';
import type { TestApp } from '../../../src/testing/test-app.js';
import type { AccessScene, Person, Values } from './access-scene.js';

/** Makes what the path or the body names; `whose`: the person that it shall belong to. */
export type Given = (scene: AccessScene, whose: Person) => Promise<Values>;

export const PASSWORD = 'correct horse battery staple';
/** Of PASSWORD: to compute one takes a tenth of a second. */
const hashes = new WeakMap<TestApp, Promise<string>>();
const tokenOf = (url: string) => new URL(url).hash.replace(/^#\w+=/, '');

export const version: Given = async (scene) => {
  const made = await scene.made<{ id: string }>('founder', 'POST', '/api/v1/documents/{document}/versions', {
    name: 'First',
  });
  return { version: made.id };
};
export const invitation =
  (role: string): Given =>
  async (scene) => {
    const path = '/api/v1/projects/{project}/invitations';
    const body = { email: '{newcomer}', role };
    const { id, url } = await scene.made<{ id: string; url: string }>('founder', 'POST', path, body);
    return { invitation: id, token: tokenOf(url) };
  };
export const takesGuests: Given = async ({ dataSource, values }) => {
  await dataSource.query(
    `UPDATE projects SET configuration = configuration || '{"guests": true}'::jsonb WHERE id = $1`,
    [values.project],
  );
  return {};
};
export const guestLink: Given = async (scene, whose) => {
  await takesGuests(scene, whose);
  const path = '/api/v1/projects/{project}/guest-links';
  const { id, url } = await scene.made<{ id: string; url: string }>('founder', 'POST', path, {
    name: 'Workshop',
    role: 'viewer',
  });
  return { link: id, token: tokenOf(url) };
};
export const otherSession: Given = async ({ dataSource, values }, whose) => {
  const sql = 'INSERT INTO sessions (user_id) VALUES ($1) RETURNING id';
  const [row] = await dataSource.query<{ id: string }[]>(sql, [values[whose]]);
  return { session: row!.id };
};
export const personalToken: Given = async (scene, whose) => {
  const body = { name: 'CI', scopes: ['read'] };
  return {
    personalToken: (await scene.made<{ id: string }>(whose, 'POST', '/api/v1/users/me/tokens', body)).id,
  };
};
/** Beside a password, so that it is not the last way to sign in. */
export const identity: Given = async ({ dataSource, values }, whose) => {
  await dataSource.query('UPDATE users SET password_hash = $2 WHERE id = $1', [values[whose], 'never compared']);
  const sql = 'INSERT INTO identities (user_id, issuer, subject) VALUES ($1, $2, $3) RETURNING id';
  const parameters = [values[whose], 'https://id.example.org', randomUUID()];
  const [row] = await dataSource.query<{ id: string }[]>(sql, parameters);
  return { identity: row!.id };
};
/** The caller and the founder sign in with PASSWORD. */
export const password: Given = async ({ dataSource, values, server }, whose) => {
  let hash = hashes.get(server);
  if (!hash) {
    hash = server.app.get(PasswordHashes, { strict: false }).hash(PASSWORD);
    hashes.set(server, hash);
  }
  const sql = 'UPDATE users SET password_hash = $2 WHERE id = ANY ($1)';
  await dataSource.query(sql, [[values[whose], values.founder], await hash]);
  return {};
};
/** An authenticator app that waits for its first code. */
export const newApp: Given = async (scene, whose) => {
  await password(scene, whose);
  const { secret } = await scene.made<StartedTotp>(whose, 'POST', '/api/v1/users/me/factors/totp', {});
  return { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate() };
};
export const confirmedApp: Given = async (scene, whose) => {
  const path = '/api/v1/users/me/factors/totp/confirm';
  const { recoveryCodes } = await scene.made<RecoveryCodes>(whose, 'POST', path, await newApp(scene, whose));
  return { recoveryCode: recoveryCodes[0]! };
};
