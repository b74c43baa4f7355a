import { Module } from '@nestjs/common';
import { AccountModule } from '../account/account.module.js';
import { OidcModule } from '../oidc/oidc.module.js';
import { EndedLinks } from './ended-links.js';
import { GuestLinksController } from './guest-links.controller.js';
import { InvitationsController } from './invitations.controller.js';
import { Invitations } from './invitations.js';
import { ReceivedInvitationsController } from './received-invitations.controller.js';

/** Ways into a project for who is not in it (decision 019). */
@Module({
  imports: [AccountModule, OidcModule],
  controllers: [InvitationsController, ReceivedInvitationsController, GuestLinksController],
  providers: [Invitations, EndedLinks],
})
export class InvitationsModule {}
