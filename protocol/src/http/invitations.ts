import { z } from 'zod';
import { id, role, time } from '../wire/fields.js';
import { displayName, email } from './auth.js';

const DAY_S = 86_400;

/** Invites somebody, who may have no account yet. `expiresIn`: seconds. */
export const invitationBody = z.strictObject({
  email,
  role,
  expiresIn: z
    .number()
    .int()
    .min(60)
    .max(30 * DAY_S)
    .default(7 * DAY_S),
});
export const invitation = z.object({
  id,
  email: z.string(),
  role,
  /** Who invites, if they still have an account. */
  invitedBy: z.string().nullable(),
  createdAt: time,
  expiresAt: time,
});
/** `url` opens the invitation; absent where a mail has brought it, so that only who reads the address's mail can accept. */
export const newInvitation = invitation.extend({ url: z.string().optional() });
export const invitationList = z.object({ invitations: z.array(invitation) });

export const invitationToken = z.strictObject({ token: z.string().max(512) });
/** What an invitation is to, for whoever holds its token. */
export const invitationOffer = z.object({
  projectName: z.string(),
  role,
  email: z.string(),
  invitedBy: z.string().nullable(),
  expiresAt: time,
});
export const acceptedInvitation = z.object({ projectId: id, role });

/** Guests come without an account; each opening of the link makes one. `expiresIn`: seconds; at the end its guests go. */
export const guestLinkBody = z.strictObject({
  name: displayName,
  role: z.enum(['viewer', 'commenter', 'editor']),
  /** The file that it opens. */
  documentId: id.optional(),
  expiresIn: z
    .number()
    .int()
    .min(60)
    .max(90 * DAY_S)
    .default(7 * DAY_S),
});
export const guestLink = z.object({
  id,
  name: z.string(),
  role,
  documentId: id.nullable(),
  /** Guests that have come by it. */
  uses: z.number().int(),
  createdAt: time,
  expiresAt: time,
});
/** `url` is shown once; only its hash is kept. */
export const newGuestLink = guestLink.extend({ url: z.string() });
export const guestLinkList = z.object({ guestLinks: z.array(guestLink) });

export type Invitation = z.infer<typeof invitation>;
export type NewInvitation = z.infer<typeof newInvitation>;
export type InvitationOffer = z.infer<typeof invitationOffer>;
export type AcceptedInvitation = z.infer<typeof acceptedInvitation>;
export type GuestLink = z.infer<typeof guestLink>;
export type NewGuestLink = z.infer<typeof newGuestLink>;
