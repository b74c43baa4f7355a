import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { Change } from '../../core/access/changes.js';
import { LogPosition } from '../../core/access/log-position.js';
import { hashSecretToken } from '../../core/access/secret-tokens.js';
import { changeLogContract } from '../../testing/change-log-contract.js';
import {
  addUser,
  emailOf,
  newFile,
  newProject,
  type OpenedDatabase,
  openTestDatabase,
} from '../../testing/project-fixtures.js';
import { PostgresAuditLog } from './audit-log.js';
import { PostgresChangeLog, writeChange } from './change-log.js';
import { PostgresDocumentsDirectory } from './documents-directory.js';
import { PostgresMembers } from './members.js';
import { PostgresProjects } from './projects.js';
import { PostgresSignInSessions } from './sign-in-sessions.js';

let database: OpenedDatabase;
let dataSource: DataSource;
let log: PostgresChangeLog;

beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = database.dataSource;
  log = new PostgresChangeLog(dataSource);
});
afterAll(() => database.close());
beforeEach(() => dataSource.query('DELETE FROM changes'));

const age = () => dataSource.query(`UPDATE changes SET created_at = created_at - interval '1 hour'`);
const write = (change: Change = { type: 'session.revoked', sessionId: randomUUID() }) =>
  dataSource.transaction((manager) => writeChange(manager, change));

describe('PostgresChangeLog', () => {
  changeLogContract(() => ({
    log,
    begin: async (change) => {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      const written = await writeChange(runner.manager, change);
      const commit = async () => {
        await runner.commitTransaction();
        await runner.release();
      };
      return { written, commit };
    },
    age,
    close: () => undefined,
  }));

  it('keeps what is younger than ten minutes', async () => {
    const { seen } = await log.news(undefined);
    const changes = [await write(), await write()];
    await dataSource.query(`UPDATE changes SET created_at = now() - interval '9 minutes'`);
    await log.prune();
    expect(await log.news(seen)).toMatchObject({ changes, isWhole: true });
  });

  it('shows a change by a transaction whose number was given before a crash to one that left no trace', async () => {
    await write();
    const { seen } = await log.news(undefined);
    await dataSource.query(`INSERT INTO changes (transaction, change) VALUES (3, '{"type":"project.deleted"}')`);
    expect(seen.covers(3)).toBe(true);
    const news = await log.news(seen);
    expect(news.changes.map(({ change }) => change.type)).toEqual(['project.deleted']);
    expect((await log.news(news.seen)).changes).toEqual([]);
  });

  it('D8: tells nothing again of what was restored from another cluster, whose numbers lie far beyond this one', async () => {
    const restored = (type: string) =>
      dataSource.query(
        `INSERT INTO changes (transaction, change) VALUES (4e15, jsonb_build_object('type', $1::text))`,
        [type],
      );
    await restored('project.deleted');
    let { seen } = await log.news(undefined);
    for (let look = 0; look < 3; look++) {
      const news = await log.news(seen);
      expect(news).toMatchObject({ changes: [], isWhole: true });
      seen = news.seen;
    }
    // While it is being restored, a row is new once, as any other.
    await restored('project.changed');
    const change = await write();
    const news = await log.news(seen);
    expect(news.changes.map(({ change: { type } }) => type)).toEqual(['project.changed', change.change.type]);
    expect((await log.news(news.seen)).changes).toEqual([]);
  });

  it('says that a database is older than the one before it', async () => {
    await write();
    const newest = await write();
    const { seen } = await log.news(undefined);
    await dataSource.query('DELETE FROM changes WHERE id = $1', [newest.id]);
    expect((await log.news(seen)).isWhole).toBe(false);
  });

  it('vouches for a database in which nothing ever changed, however long ago it looked', async () => {
    const { snapshot, newest, at } = (await log.news(undefined)).seen;
    expect((await log.news(new LogPosition({ snapshot, newest, at: at - 86_400_000 }))).isWhole).toBe(true);
  });

  it('tells of too many at once that they are too many', async () => {
    const { seen } = await log.news(undefined);
    await dataSource.query(`
      INSERT INTO changes (transaction, change)
      SELECT pg_current_xact_id()::text::bigint, '{"type":"project.deleted"}' FROM generate_series(1, 20000)`);
    const { changes, isWhole } = await log.news(seen);
    expect([changes.length, isWhole]).toEqual([10_000, false]);
  });
});

describe('what is written down (D8)', () => {
  it('is each change of rights and of the tree, with the number under which it is announced', async () => {
    const { seen } = await log.news(undefined);
    const [owner, grace] = [await addUser(dataSource), await addUser(dataSource, 'Grace')];
    const projects = new PostgresProjects(dataSource);
    const members = new PostgresMembers(dataSource, new PostgresAuditLog(dataSource));
    const directory = new PostgresDocumentsDirectory(dataSource);
    const { id: projectId } = await projects.create(owner, newProject());
    const made = await directory.create(owner, projectId, newFile('a.txt', 'text'));
    const announced = [
      made,
      await directory.move(owner, made.value.id, newFile('b.txt')),
      await members.add(owner, projectId, emailOf(grace), 'editor'),
      await members.change(owner, projectId, grace, 'viewer'),
      await members.remove(owner, projectId, grace),
      await directory.delete(owner, made.value.id),
      await projects.change(owner, projectId, { name: 'Gemini' }),
      await projects.delete(owner, projectId),
    ].map(({ written }) => written);
    const { changes } = await log.news(seen);
    expect(changes).toEqual(announced);
    expect(changes.map(({ change }) => change.type)).toEqual([
      'document.created',
      'document.moved',
      'member.added',
      'member.changed',
      'member.removed',
      'document.deleted',
      'project.changed',
      'project.deleted',
    ]);
  });

  it('is the end of a sign-in, by its user or by a token that came twice, once', async () => {
    const { seen } = await log.news(undefined);
    const sessions = new PostgresSignInSessions(dataSource);
    const user = await addUser(dataSource);
    const [out, stolen, next] = ['out', 'stolen', 'next'].map((text) => hashSecretToken(text + user));
    const ids = [await sessions.start(user, out!, 60), await sessions.start(user, stolen!, 60)];
    const written = [await sessions.revoke(out!), await sessions.revoke(out!)];
    await sessions.rotate(stolen!, next!, 60);
    await dataSource.query(`UPDATE refresh_tokens SET used_at = used_at - interval '1 hour'`);
    const reuse = await sessions.rotate(stolen!, next!, 60);
    if (reuse.outcome !== 'reused') throw new Error(reuse.outcome);
    expect(written[1]).toBeUndefined();
    const { changes } = await log.news(seen);
    expect([written[0], reuse.written]).toMatchObject(changes);
    expect(changes.map(({ change }) => change)).toEqual(
      ids.map((sessionId) => ({ type: 'session.revoked', sessionId })),
    );
  });

  it('is nothing of a change that was not committed', async () => {
    const { seen } = await log.news(undefined);
    const undone = dataSource.transaction(async (manager) => {
      await writeChange(manager, { type: 'session.revoked', sessionId: randomUUID() });
      throw new Error('of this test');
    });
    await expect(undone).rejects.toThrow('of this test');
    expect((await log.news(seen)).changes).toEqual([]);
  });
});
