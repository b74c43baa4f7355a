import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { TandemError } from '@tandem/protocol';
import { AccessTokens } from '../../core/access/access-tokens.js';
import { bearerToken } from './bearer-token.js';
import type { AuthenticatedRequest } from './current-user.decorator.js';
import { PUBLIC } from './public.decorator.js';

/** Lets in who brings a valid access token; sockets are judged by their own middleware. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) throw new TandemError('unauthorized');
    const { userId, sessionId, displayName } = await this.tokens.verify(token);
    request.user = { userId, sessionId, displayName };
    return true;
  }
}
