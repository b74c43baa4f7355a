import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { AcceptedInvitation, InvitationOffer, NewInvitation } from '@tandem/protocol/http';
import { Accounts } from '../../core/access/accounts.js';
import { Changes } from '../../core/access/changes.js';
import { MAILS_PER_HOUR } from '../../core/access/one-time-tokens.js';
import { KeyedBuckets } from '../../core/limits/keyed-buckets.js';
import { announce } from '../../core/project/committed.js';
import { type NewInvitationLink, ProjectLinks } from '../../core/project/project-links.js';
import { OutgoingMails } from '../account/outgoing-mails.js';
import { PageAddress } from '../oidc/page-address.js';

/** Mails to strangers that one person can have sent: a course is invited at once, but nobody mails the world from here. */
const SENDER = { burst: 300, perSecond: 1 / 60 };

/** Invitations of people by their address (decision 019). */
@Injectable()
export class Invitations {
  private readonly sent = new KeyedBuckets(SENDER.burst, SENDER.perSecond);
  /** Whoever asks: each can have many accounts and projects. */
  private readonly received = new KeyedBuckets(MAILS_PER_HOUR, MAILS_PER_HOUR / 3600);

  constructor(
    private readonly links: ProjectLinks,
    private readonly accounts: Accounts,
    private readonly changes: Changes,
    private readonly mails: OutgoingMails,
    private readonly pages: PageAddress,
  ) {}

  /**
   * Where mail is sent, the link goes there and nowhere else: who accepts has shown that the address is theirs. Rejects with
   * `rate_limited` for who would have too many sent, or to one address.
   */
  async invite(userId: string, projectId: string, invitation: NewInvitationLink): Promise<NewInvitation> {
    if (this.mails.isConfigured) this.countMail(userId, invitation.email);
    const { link, token } = await this.links.invite(userId, projectId, invitation);
    const url = this.pages.page('invite', token);
    if (!this.mails.isConfigured) return { ...link, url };
    this.mails.later(() => this.mails.send(link.email, 'invitation', url));
    return link;
  }

  /** Rejects with `link_expired`. */
  async look(token: string): Promise<InvitationOffer> {
    const offer = await this.links.offer(token);
    if (offer === undefined) throw new TandemError('link_expired');
    return offer;
  }

  /** Rejects with `link_expired`, and with `forbidden` for a guest, who has no account that would last. */
  async accept(userId: string, token: string): Promise<AcceptedInvitation> {
    if ((await this.accounts.byId(userId))?.kind === 'guest') {
      throw new TandemError('forbidden', 'Sign in with an account to accept the invitation');
    }
    const accepted = await this.links.accept(userId, token);
    if (accepted === undefined) throw new TandemError('link_expired');
    return announce(this.changes, accepted);
  }

  private countMail(userId: string, email: string): void {
    const now = performance.now();
    const wait = this.sent.take(userId, now) || this.received.take(email, now);
    if (wait > 0) throw new TandemError('rate_limited', undefined, undefined, wait);
  }
}
