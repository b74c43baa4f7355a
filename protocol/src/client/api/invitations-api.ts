import type { z } from 'zod';
import type { AuditPage, auditQuery } from '../../http/audit.js';
import type {
  AcceptedInvitation,
  GuestLink,
  guestLinkBody,
  Invitation,
  InvitationOffer,
  invitationBody,
  NewGuestLink,
  NewInvitation,
} from '../../http/invitations.js';
import type { AccountPort } from './account-api.js';

/** Ways into a project for who is not in it, and who let whom in. */
export class InvitationsApi {
  constructor(private readonly api: AccountPort) {}

  /**
   * The server mails the invitation; on one that sends no mail the answer has the `url` to hand on. Rejects with
   * `already_member`. A second one to the same address ends the first.
   */
  invite(projectId: string, body: z.input<typeof invitationBody>): Promise<NewInvitation> {
    return this.api.json('POST', `/projects/${projectId}/invitations`, body);
  }
  async list(projectId: string): Promise<Invitation[]> {
    return (await this.api.json<{ invitations: Invitation[] }>('GET', `/projects/${projectId}/invitations`))
      .invitations;
  }
  withdraw(projectId: string, invitationId: string): Promise<void> {
    return this.api.json('DELETE', `/projects/${projectId}/invitations/${invitationId}`);
  }
  /** What the token of an invitation is good for; nobody need be signed in. Rejects with `link_expired`. */
  look(token: string): Promise<InvitationOffer> {
    return this.api.open('POST', '/invitations/look', { token });
  }
  /** Rejects with `link_expired`, and with `forbidden` for guests. */
  accept(token: string): Promise<AcceptedInvitation> {
    return this.api.json('POST', '/invitations/accept', { token });
  }

  /** Its `url` is in this answer and nowhere else. Rejects with `guests_off` when the project takes no guests. */
  addGuestLink(projectId: string, body: z.input<typeof guestLinkBody>): Promise<NewGuestLink> {
    return this.api.json('POST', `/projects/${projectId}/guest-links`, body);
  }
  async guestLinks(projectId: string): Promise<GuestLink[]> {
    return (await this.api.json<{ guestLinks: GuestLink[] }>('GET', `/projects/${projectId}/guest-links`)).guestLinks;
  }
  /** Its guests are no members any more. */
  revokeGuestLink(projectId: string, linkId: string): Promise<void> {
    return this.api.json('DELETE', `/projects/${projectId}/guest-links/${linkId}`);
  }

  /** What was done to members, rights and the project, the newest first; for maintainers and owners. */
  audit(projectId: string, range: z.input<typeof auditQuery> = {}): Promise<AuditPage> {
    return this.api.json('GET', `/projects/${projectId}/audit${queryOf(range)}`);
  }
  /** What one did oneself, and what was done to one's account. */
  ownAudit(range: z.input<typeof auditQuery> = {}): Promise<AuditPage> {
    return this.api.json('GET', `/users/me/audit${queryOf(range)}`);
  }
}

function queryOf(range: z.input<typeof auditQuery>): string {
  const query = new URLSearchParams(Object.entries(range).map(([key, value]) => [key, String(value)])).toString();
  return query && `?${query}`;
}
