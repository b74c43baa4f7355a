import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { Changes } from '../../core/access/changes.js';
import { guestName } from '../../core/access/guest-name.js';
import { type Guest, SignInLinks } from '../../core/access/sign-in-links.js';
import { announce } from '../../core/project/committed.js';
import { ProjectLinks } from '../../core/project/project-links.js';

@Injectable()
export class LinkSignIn {
  constructor(
    private readonly links: SignInLinks,
    private readonly guestLinks: ProjectLinks,
    private readonly changes: Changes,
  ) {}

  /** Makes a new guest and a member of the link's project. Rejects with `link_expired`. */
  async signIn(token: string, displayName: string = guestName()): Promise<Guest> {
    const redeemed = (await this.links.redeem(token, displayName)) ?? (await this.guestLinks.enter(token, displayName));
    if (redeemed === undefined) throw new TandemError('link_expired');
    return announce(this.changes, redeemed);
  }
}
