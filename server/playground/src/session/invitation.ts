import type { TandemApi } from '@tandem/protocol/client';
import type { InvitationOffer } from '@tandem/protocol/http';
import { confirm } from '../ui/dialog.js';
import { takeInvitationToken } from './link-token.js';

/** Of this tab: the invitation outlives the way to a provider and back. */
const KEY = 'tandem.invitation';

/** Keeps the invitation that the address holds; what it is to, or undefined without one. Rejects with `link_expired`. */
export async function receiveInvitation(api: TandemApi): Promise<InvitationOffer | undefined> {
  const token = takeInvitationToken();
  if (token === undefined) return undefined;
  const offer = await api.invitations.look(token);
  sessionStorage.setItem(KEY, token);
  return offer;
}

/** Asks whoever has just signed in about the invitation that is kept; the project to go to, once they have accepted. */
export async function answerInvitation(api: TandemApi): Promise<string | undefined> {
  const token = sessionStorage.getItem(KEY);
  if (token === null) return undefined;
  sessionStorage.removeItem(KEY);
  const offer = await api.invitations.look(token);
  const sure = await confirm({ title: `Join ${offer.projectName}?`, text: `${wordsOf(offer)}.`, confirm: 'Join' });
  if (!sure) return undefined;
  return (await api.invitations.accept(token)).projectId;
}

/** "Ada invites you to Apollo as an editor" */
export function wordsOf({ invitedBy, projectName, role }: InvitationOffer): string {
  const article = role === 'owner' || role === 'editor' ? 'an' : 'a';
  return `${invitedBy ?? 'Somebody'} invites you to ${projectName} as ${article} ${role}`;
}
