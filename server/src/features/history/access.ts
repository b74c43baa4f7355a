import { TandemError } from '@tandem/protocol';
import type { DocumentAccess, Memberships } from '../../core/access/memberships.js';
import { type Action, can } from '../../core/access/permissions.js';

/** Asked before anything costs something. Rejects with `not_found` for who is no member, `forbidden` for a lesser role. */
export async function requireAccess(
  memberships: Memberships,
  userId: string,
  documentId: string,
  action: Action,
): Promise<DocumentAccess> {
  const access = await memberships.document(userId, documentId);
  if (!access) throw new TandemError('not_found');
  if (!can(access.role, action)) throw new TandemError('forbidden');
  return access;
}
