import { randomBytes, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import * as Y from 'yjs';
import { JwtAccessTokens } from '../../../src/adapters/crypto/jwt-access-tokens.js';
import { KeyRing } from '../../../src/adapters/crypto/key-ring.js';
import { KeySealing } from '../../../src/adapters/crypto/key-sealing.js';
import { createDataSource } from '../../../src/adapters/postgres/data-source.js';
import { PostgresDocumentsDirectory } from '../../../src/adapters/postgres/documents-directory.js';
import { PostgresMemberships } from '../../../src/adapters/postgres/memberships.js';
import { PostgresProjects } from '../../../src/adapters/postgres/projects.js';
import { PostgresSignInSessions } from '../../../src/adapters/postgres/sign-in-sessions.js';
import { PostgresSigningKeyStore } from '../../../src/adapters/postgres/signing-key-store.js';
import { PostgresUpdateLog } from '../../../src/adapters/postgres/update-log/postgres-update-log.js';
import { newFile, newProject } from '../../../src/testing/project-fixtures.js';

export interface StormSeat {
  readonly token: string;
  readonly documentIds: readonly string[];
}

export interface StormSize {
  readonly people: number;
  readonly documents: number;
  /** Open in each seat. */
  readonly each: number;
  /** Characters that each document begins with, and edits after them. */
  readonly text: number;
  readonly edits: number;
}

const TTL_S = 3600;

/** Many people who share a project, each with documents to open: made in the database, past the doors that would slow it down. */
export class StormStage {
  readonly secret = randomBytes(32).toString('base64url');
  readonly seats: StormSeat[] = [];
  projectId = '';

  static async build(databaseUrl: string, size: StormSize): Promise<StormStage> {
    const stage = new StormStage();
    const database = await createDataSource(databaseUrl).initialize();
    try {
      await stage.populate(database, size);
    } finally {
      await database.destroy();
    }
    return stage;
  }

  private async populate(database: DataSource, { people, documents, each, text, edits }: StormSize): Promise<void> {
    const users = Array.from({ length: people }, () => ({ userId: randomUUID(), sessionId: randomUUID() }));
    await database.query(
      `INSERT INTO users (id, email, display_name) SELECT id, id || '@example.org', 'Storm' FROM unnest($1::uuid[]) AS id`,
      [users.map(({ userId }) => userId)],
    );
    await database.query(`INSERT INTO sessions (id, user_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])`, [
      users.map(({ sessionId }) => sessionId),
      users.map(({ userId }) => userId),
    ]);
    const owner = users[0]!.userId;
    const { id: projectId } = await new PostgresProjects(database).create(owner, newProject());
    this.projectId = projectId;
    await database.query(
      `INSERT INTO project_members (project_id, user_id, role) SELECT $1, id, 'editor' FROM unnest($2::uuid[]) AS id`,
      [projectId, users.slice(1).map(({ userId }) => userId)],
    );
    const ids = await this.addDocuments(database, projectId, owner, documents, { text, edits });
    const sealing = new KeySealing(this.secret);
    const keys = await KeyRing.open(new PostgresSigningKeyStore(database), sealing, {
      accessTokenTtl: TTL_S,
      signingKeyDays: 90,
      signingKeyLead: 600,
    });
    const tokens = new JwtAccessTokens(keys, new PostgresSignInSessions(database), { accessTokenTtl: TTL_S });
    for (const [index, user] of users.entries()) {
      const { token } = await tokens.issue({ ...user, displayName: 'Storm' });
      const documentIds = Array.from({ length: each }, (_, n) => ids[(index * each + n) % ids.length]!);
      this.seats.push({ token, documentIds });
    }
  }

  private async addDocuments(
    database: DataSource,
    projectId: string,
    owner: string,
    count: number,
    { text, edits }: { text: number; edits: number },
  ): Promise<string[]> {
    const directory = new PostgresDocumentsDirectory(database);
    const log = new PostgresUpdateLog(database);
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    doc.getText('content').insert(0, 'x'.repeat(text));
    for (let n = 0; n < edits; n++) doc.getText('content').insert(n * 7, 'y');
    const rows = updates.map((bytes) => ({ userId: owner, bytes, provenance: undefined }));
    const ids: string[] = [];
    for (let n = 0; n < count; n++) {
      const { value } = await directory.create(owner, projectId, newFile(`storm/${n}.txt`));
      ids.push(value.id);
    }
    const { accessVersion } = (await new PostgresMemberships(database).document(owner, ids[0]!))!;
    for (const documentId of ids) await log.append([{ documentId, epoch: 1, accessVersion, rows }], 0);
    await log.close();
    return ids;
  }
}
