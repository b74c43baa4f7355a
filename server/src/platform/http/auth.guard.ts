import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { TandemError } from '@tandem/protocol';
import type { Scope } from '@tandem/protocol/http';
import { AccessTokens } from '../../core/access/access-tokens.js';
import { allows } from '../../core/access/scopes.js';
import { bearerToken } from './bearer-token.js';
import type { AuthenticatedRequest } from './current-user.decorator.js';
import { PUBLIC } from './public.decorator.js';
import { type RouteScope, SCOPE } from './scope.decorator.js';

/** RFC 9110 9.2.1. */
const SAFE_METHODS = new Set(['GET', 'HEAD']);

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
    const { userId, sessionId, displayName, scopes } = await this.tokens.verify(token);
    this.judgeScope(context, request.method, scopes);
    request.user = { userId, sessionId, displayName, ...(scopes === undefined ? {} : { scopes }) };
    return true;
  }

  /** A route that names no scope is for nobody whose token has some: forgetting it gives nothing away. */
  private judgeScope(context: ExecutionContext, method: string, scopes: readonly Scope[] | undefined): void {
    if (scopes === undefined) return;
    const places = [context.getHandler(), context.getClass()];
    const named = this.reflector.getAllAndOverride<RouteScope | undefined>(SCOPE, places);
    if (named === 'any') return;
    // Nor does a new route that changes something, in a class whose others only read.
    const scope = named === 'read' && !SAFE_METHODS.has(method) ? 'write' : named;
    if (scope === undefined || !allows(scopes, scope)) {
      throw new TandemError('insufficient_scope', undefined, scope && { scope });
    }
  }
}
