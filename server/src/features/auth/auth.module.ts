import { Module, type OnModuleInit } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { AccessTokens } from '../../core/access/access-tokens.js';
import { Changes } from '../../core/access/changes.js';
import { SignInSessions } from '../../core/access/sign-in-sessions.js';
import { PublicKeys } from '../../core/access/signing-keys.js';
import { SocketsGateway } from '../../platform/sockets/sockets.gateway.js';
import { AccountModule } from '../account/account.module.js';
import { FactorsModule } from '../factors/factors.module.js';
import { ADDRESS_LIMITS } from './address-throttle.guard.js';
import { AuthController } from './auth.controller.js';
import { JwksController } from './jwks.controller.js';
import { KeyWatch } from './key-watch.js';
import { LinkSignIn } from './link-sign-in.js';
import { PasswordSignIn } from './password-sign-in.js';
import { SessionsSocket } from './sessions.socket.js';
import { TokenGrants } from './token-grants.js';

@Module({
  imports: [ThrottlerModule.forRoot(ADDRESS_LIMITS), AccountModule, FactorsModule],
  controllers: [AuthController, JwksController],
  providers: [KeyWatch, LinkSignIn, PasswordSignIn, TokenGrants],
  exports: [TokenGrants],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly sockets: SocketsGateway,
    private readonly tokens: AccessTokens,
    private readonly changes: Changes,
    private readonly keys: PublicKeys,
    private readonly sessions: SignInSessions,
  ) {}

  onModuleInit(): void {
    this.sockets.add(new SessionsSocket(this.tokens, this.changes, this.keys, this.sessions));
  }
}
