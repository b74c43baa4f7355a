import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Scope } from '@tandem/protocol/http';
import type { Request } from 'express';

/** Who the access token of the request speaks for. */
export interface AuthenticatedUser {
  readonly userId: string;
  readonly sessionId: string;
  readonly displayName: string;
  /** What of the user's rights the token carries; absent: all of them. */
  readonly scopes?: readonly Scope[];
}

export type AuthenticatedRequest = Request & { user?: AuthenticatedUser };

/** The user that the `AuthGuard` let in; not for `@Public()` routes. */
export const CurrentUser = createParamDecorator((_data: undefined, context: ExecutionContext): AuthenticatedUser => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Error('@CurrentUser() on a route that is @Public()');
  return user;
});
