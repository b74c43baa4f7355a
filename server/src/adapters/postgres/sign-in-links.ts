import type { ProjectEvent, Role } from '@tandem/protocol';
import type { DataSource } from 'typeorm';
import { hashSecretToken, newSecretToken } from '../../core/access/secret-tokens.js';
import {
  type Guest,
  LINK_MAX_USES,
  LINK_TTL_MS,
  type NewSignInLink,
  SignInLinks,
} from '../../core/access/sign-in-links.js';
import type { Committed } from '../../core/project/committed.js';
import { accountOf } from './accounts.js';
import { ProjectMemberEntity, UserEntity } from './entities/index.js';
import { recordEvent } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

const CREATE = `
  INSERT INTO sign_in_links (token_hash, project_id, document_id, role, expires_at)
  VALUES ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 millisecond')`;

/** Counts and judges in one statement, so that no two openers share the last use. */
const USE = `
  UPDATE sign_in_links SET uses = uses + 1
  WHERE token_hash = $1 AND expires_at > clock_timestamp() AND uses < $2
  RETURNING project_id, document_id, role`;

@TranslatesOutages
export class PostgresSignInLinks extends SignInLinks {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async create({ projectId, documentId, role }: NewSignInLink): Promise<string> {
    const token = newSecretToken();
    const values = [hashSecretToken(token), projectId, documentId ?? null, role, LINK_TTL_MS];
    await this.dataSource.query(CREATE, values);
    return token;
  }

  override redeem(token: string, displayName: string): Promise<Committed<Guest> | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[{ project_id: string; document_id: string | null; role: Role }[], number]>(
        USE,
        [hashSecretToken(token), LINK_MAX_USES],
      );
      const link = rows[0];
      if (link === undefined) return undefined;
      const user = await manager
        .getRepository(UserEntity)
        .save({ email: null, displayName, passwordHash: null, kind: 'guest' as const });
      const { project_id: projectId, document_id: documentId, role } = link;
      await manager.getRepository(ProjectMemberEntity).insert({ projectId, userId: user.id, role });
      const event: ProjectEvent = { type: 'member.added', projectId, member: { userId: user.id, displayName, role } };
      const written = await recordEvent(manager, event, user.id);
      return { value: { account: accountOf(user), projectId, documentId: documentId ?? undefined, role }, written };
    });
  }
}
