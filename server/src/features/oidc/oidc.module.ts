import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { IdentitiesController } from './identities.controller.js';
import { OidcController } from './oidc.controller.js';
import { OidcSignIn } from './oidc-sign-in.js';
import { PageAddress } from './page-address.js';

@Module({
  imports: [AuthModule],
  controllers: [OidcController, IdentitiesController],
  providers: [OidcSignIn, PageAddress],
  exports: [PageAddress],
})
export class OidcModule {}
