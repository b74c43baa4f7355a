import { randomUUID } from 'node:crypto';
import type { Role } from '@tandem/protocol';
import { SignJWT } from 'jose';
import { DataSource } from 'typeorm';
import { KeyRing } from '../../../src/adapters/crypto/key-ring.js';
import { AccessTokens } from '../../../src/core/access/access-tokens.js';
import { hashSecretToken, newSecretToken } from '../../../src/core/access/secret-tokens.js';
import { DocumentsDirectory } from '../../../src/core/project/documents-directory.js';
import { Projects } from '../../../src/core/project/projects.js';
import { emailOf, newFile, newProject } from '../../../src/testing/project-fixtures.js';
import type { TestAnswer, TestApp } from '../../../src/testing/test-app.js';

/** From the least to the most: each may do all that those before it may. */
export const ROLES = ['viewer', 'commenter', 'editor', 'maintainer', 'owner'] as const satisfies readonly Role[];
/** `expired`: the owner, with a token whose time is over. `confined`: an editor who may write only under docs/. */
export const WHO = ['anonymous', 'expired', 'stranger', ...ROLES, 'confined'] as const;
export type Who = (typeof WHO)[number];

/** Beside them: another owner, an editor, and somebody who is no member. */
const PEOPLE = ['stranger', ...ROLES, 'confined', 'founder', 'peer', 'outsider'] as const;
export type Person = (typeof PEOPLE)[number];

export type Values = Readonly<Record<string, string>>;

/** Rows that a refusal must leave as they are. */
const DIGEST = `
  SELECT md5(coalesce(string_agg(content, ';' ORDER BY content), '')) AS digest FROM (
    SELECT row_to_json(t)::text AS content FROM projects t WHERE id = $1
    UNION ALL SELECT row_to_json(t)::text FROM project_members t WHERE project_id = $1
    UNION ALL SELECT row_to_json(t)::text FROM project_links t WHERE project_id = $1
    UNION ALL SELECT row_to_json(t)::text FROM documents t WHERE project_id = $1
    UNION ALL SELECT row_to_json(t)::text FROM document_updates t WHERE document_id = $2
    UNION ALL SELECT row_to_json(t)::text FROM document_versions t WHERE document_id = $2
    UNION ALL SELECT id::text FROM event_outbox WHERE document_id = $2 OR payload ->> 'projectId' = $1::uuid::text
    UNION ALL SELECT row_to_json(t)::text FROM ai_requests t WHERE project_id = $1
    UNION ALL SELECT row_to_json(t)::text FROM users t WHERE id = ANY ($3)
    UNION ALL SELECT row_to_json(t)::text FROM profiles t WHERE user_id = ANY ($3)
    UNION ALL SELECT row_to_json(t)::text FROM sessions t WHERE user_id = ANY ($3)
    UNION ALL SELECT row_to_json(t)::text FROM personal_tokens t WHERE user_id = ANY ($3)
    UNION ALL SELECT row_to_json(t)::text FROM totp_factors t WHERE user_id = ANY ($3)
    UNION ALL SELECT row_to_json(t)::text FROM identities t WHERE user_id = ANY ($3)
  ) AS rows`;

/** A project with one file and a member of each role, all of them signed in a moment ago, without passwords. */
export class AccessScene {
  private readonly tokens = new Map<Person | 'expired', string>();

  private constructor(
    readonly server: TestApp,
    readonly dataSource: DataSource,
    private readonly sessions: Readonly<Record<Person, string>>,
    /** Ids of the people by name, `project`, `document`, and what else paths and bodies name. */
    readonly values: Values,
  ) {}

  static async make(server: TestApp): Promise<AccessScene> {
    const any = { strict: false };
    const dataSource = server.app.get(DataSource, any);
    const ids = byName(randomUUID);
    const sessions = byName(randomUUID);
    const refreshTokens = byName(newSecretToken);
    const userIds = PEOPLE.map((name) => ids[name]);
    const sessionIds = PEOPLE.map((name) => sessions[name]);
    await dataSource.query(
      'INSERT INTO users (id, email, display_name) SELECT id, email, $3 FROM unnest($1::uuid[], $2::text[]) AS u (id, email)',
      [userIds, userIds.map(emailOf), 'Ada'],
    );
    await dataSource.query('INSERT INTO sessions (id, user_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])', [
      sessionIds,
      userIds,
    ]);
    await dataSource.query(
      `INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
       SELECT hash, session_id, now() + interval '1 hour' FROM unnest($1::bytea[], $2::uuid[]) AS t (hash, session_id)`,
      [PEOPLE.map((name) => hashSecretToken(refreshTokens[name])), sessionIds],
    );
    const project = (await server.app.get(Projects, any).create(ids.founder, newProject())).id;
    await dataSource.query(
      'INSERT INTO project_members (project_id, user_id, role) SELECT $1, * FROM unnest($2::uuid[], $3::text[])',
      [project, [...ROLES.map((role) => ids[role]), ids.peer, ids.confined], [...ROLES, 'editor', 'editor']],
    );
    const rules = [
      { path: '**', access: 'read', userId: ids.confined },
      { path: 'docs/', access: 'write', userId: ids.confined },
    ];
    await dataSource.query('UPDATE projects SET path_rules = $2 WHERE id = $1', [project, JSON.stringify(rules)]);
    const directory = server.app.get(DocumentsDirectory, any);
    const document = (await directory.create(ids.founder, project, newFile('a.txt', 'text'))).value.id;
    const emails = { outsiderEmail: emailOf(ids.outsider), founderEmail: emailOf(ids.founder) };
    const values = { ...ids, ...emails, project, document, refreshToken: refreshTokens.founder };
    return new AccessScene(server, dataSource, sessions, values);
  }

  /** The token that a caller brings; none for `anonymous`. */
  async tokenOf(who: Who | Person): Promise<string | undefined> {
    if (who === 'anonymous') return undefined;
    const known = this.tokens.get(who);
    if (known !== undefined) return known;
    const person = who === 'expired' ? 'owner' : who;
    const claims = { userId: this.values[person]!, sessionId: this.sessions[person], displayName: 'Ada' };
    const { token: good } = await this.server.app.get(AccessTokens, { strict: false }).issue(claims);
    const token = who === 'expired' ? await this.aged(good) : good;
    this.tokens.set(who, token);
    return token;
  }

  /** Paths and bodies name `values` in braces, `{self}` is the caller, and `{newcomer}` an address that nobody has. */
  async ask(who: Who | Person, method: string, path: string, body?: object, more: Values = {}): Promise<TestAnswer> {
    const self = this.values[who === 'expired' || who === 'anonymous' ? 'owner' : who]!;
    const values: Values = { ...this.values, self, newcomer: `${randomUUID()}@example.org`, ...more };
    const filled = (template: string) => template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    const token = await this.tokenOf(who);
    return this.server.request(method, filled(path), {
      ...(body === undefined ? {} : { body: filled(JSON.stringify(body)) }),
      ...(token === undefined ? {} : { token }),
    });
  }

  /** What was asked for by somebody who may; fails when it was refused. */
  async made<T>(who: Person, method: string, path: string, body?: object): Promise<T> {
    const answer = await this.ask(who, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} was refused: ${answer.text}`);
    return answer.json() as T;
  }

  /** Equal as long as nothing of the project and its people has changed. */
  async digest(): Promise<string> {
    const { project, document, ...rest } = this.values;
    const [row] = await this.dataSource.query<{ digest: string }[]>(DIGEST, [
      project,
      document,
      PEOPLE.map((name) => rest[name]),
    ]);
    return row!.digest;
  }

  /** The same token with its time over: nothing else can be the reason for a refusal. */
  private aged(token: string): Promise<string> {
    const { kid, key } = this.server.app.get(KeyRing, { strict: false }).signer();
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { iat: number };
    const iat = claims.iat - 7200;
    return new SignJWT({ ...claims, iat, exp: iat + 3600 })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .sign(key);
  }
}

function byName(make: () => string): Record<Person, string> {
  return Object.fromEntries(PEOPLE.map((name) => [name, make()])) as Record<Person, string>;
}
