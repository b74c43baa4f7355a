import { DocumentEntity } from './document.entity.js';
import { DocumentClientEntity } from './document-client.entity.js';
import { DocumentSnapshotEntity } from './document-snapshot.entity.js';
import { DocumentUpdateEntity } from './document-update.entity.js';
import { EventOutboxEntity } from './event-outbox.entity.js';
import { ProfileEntity } from './profile.entity.js';
import { ProjectEntity } from './project.entity.js';
import { ProjectMemberEntity } from './project-member.entity.js';
import { RefreshTokenEntity } from './refresh-token.entity.js';
import { SessionEntity } from './session.entity.js';
import { SignInLinkEntity } from './sign-in-link.entity.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { UserEntity } from './user.entity.js';

export const ENTITIES = [
  DocumentClientEntity,
  DocumentEntity,
  DocumentSnapshotEntity,
  DocumentUpdateEntity,
  EventOutboxEntity,
  ProfileEntity,
  ProjectEntity,
  ProjectMemberEntity,
  RefreshTokenEntity,
  SessionEntity,
  SignInLinkEntity,
  SigningKeyEntity,
  UserEntity,
];

export {
  DocumentClientEntity,
  DocumentEntity,
  DocumentSnapshotEntity,
  DocumentUpdateEntity,
  EventOutboxEntity,
  ProfileEntity,
  ProjectEntity,
  ProjectMemberEntity,
  RefreshTokenEntity,
  SessionEntity,
  SignInLinkEntity,
  SigningKeyEntity,
  UserEntity,
};
