import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { InjectThrottlerStorage, ThrottlerGuard, type ThrottlerStorage } from '@nestjs/throttler';
import { TandemError } from '@tandem/protocol';
import type { AuthenticatedRequest } from '../../platform/http/current-user.decorator.js';
import { AuthSettings } from './auth-settings.js';

const MINUTE_MS = 60_000;

/**
 * REST requests of one account in a minute, of all routes together (A21), in the memory of one node. Behind the `AuthGuard`: what
 * is public knows no account, and is not counted.
 */
@Injectable()
export class AccountThrottleGuard extends ThrottlerGuard {
  private readonly isOff: boolean;

  // In the places of the base class, and each named: Nest would put into the first two what it declares for them.
  constructor(
    @Inject(AuthSettings) { capacity: { restRequestsPerMinute: limit } }: AuthSettings,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
  ) {
    const throttlers = [{ name: 'account', ttl: MINUTE_MS, limit, blockDuration: 0 }];
    super({ throttlers, setHeaders: false }, storage, reflector);
    this.isOff = limit === 0;
  }

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return this.isOff || context.getType() !== 'http' || userIdOf(context) === undefined;
  }

  /** The same for all routes. */
  protected override generateKey(context: ExecutionContext, _tracker: string, name: string): string {
    return `${name} ${userIdOf(context)}`;
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: { timeToBlockExpire: number },
  ): Promise<void> {
    return Promise.reject(new TandemError('rate_limited', undefined, undefined, timeToBlockExpire * 1000));
  }
}

const userIdOf = (context: ExecutionContext) => context.switchToHttp().getRequest<AuthenticatedRequest>().user?.userId;
