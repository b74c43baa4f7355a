import type { Role } from '@tandem/protocol';
import type { AcceptedInvitation, GuestLink, Invitation, InvitationOffer } from '@tandem/protocol/http';
import type { WrittenChange } from '../access/changes.js';
import type { Guest } from '../access/sign-in-links.js';
import type { Committed } from './committed.js';

export interface NewInvitationLink {
  readonly email: string;
  readonly role: Role;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface NewGuestsLink {
  readonly name: string;
  readonly role: Role;
  readonly documentId?: string | undefined;
  /** Seconds. */
  readonly expiresIn: number;
}

/** A new link, and the token of its URL, which is kept nowhere. */
export interface Issued<T> {
  readonly link: T;
  readonly token: string;
}

/** Guests of one link: more would be a crowd that nobody invited. */
export const MAX_GUESTS_OF_LINK = 1000;

/**
 * Ways into a project for who is not in it. Refusals as in `Members`: who may not add a member with a role may not invite to
 * it. Tokens are 256 random bits, known by their hash only (A40).
 */
export abstract class ProjectLinks {
  /** Rejects with `already_member`. An earlier invitation of the address ends. */
  abstract invite(userId: string, projectId: string, link: NewInvitationLink): Promise<Issued<Invitation>>;
  /** Those that are open. */
  abstract invitations(userId: string, projectId: string): Promise<Invitation[]>;
  abstract withdraw(userId: string, projectId: string, invitationId: string): Promise<void>;
  /** Undefined when it is unknown, over, withdrawn or accepted. */
  abstract offer(token: string): Promise<InvitationOffer | undefined>;
  /**
   * Makes the user a member; once. Nothing changes for who is a member already, and the invitation stays for whom it is meant.
   * Undefined as with `offer`.
   */
  abstract accept(userId: string, token: string): Promise<Committed<AcceptedInvitation> | undefined>;

  /** Rejects with `guests_off` when the project takes no guests. */
  abstract addGuestLink(userId: string, projectId: string, link: NewGuestsLink): Promise<Issued<GuestLink>>;
  /** Those that are open. */
  abstract guestLinks(userId: string, projectId: string): Promise<GuestLink[]>;
  /** Ends the link, and the membership of who came by it; resolves to what to tell of them. */
  abstract revokeGuestLink(userId: string, projectId: string, linkId: string): Promise<readonly WrittenChange[]>;
  /** Makes a guest and a member. Undefined when the link is unknown, over, revoked or used up, or the project takes no guests. */
  abstract enter(token: string, displayName: string): Promise<Committed<Guest> | undefined>;
  /** As `revokeGuestLink`, for links that have come to their end. */
  abstract endExpired(): Promise<readonly WrittenChange[]>;
}
