import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { TandemError } from '@tandem/protocol';

const MINUTE_MS = 60_000;

/**
 * Requests of one address in a minute, for each route. A whole university sits behind one address: 5,000 people sign in
 * within two minutes of a lecture's start, and all refresh at once when a node restarts. What protects passwords is
 * `SignInThrottle`; this keeps one address from filling the tables and the hashing queue for hours.
 */
export const ADDRESS_LIMITS: ThrottlerModuleOptions = {
  throttlers: [{ name: 'address', ttl: MINUTE_MS, limit: 3000, blockDuration: 0 }],
  setHeaders: false,
};

export const REFRESH_LIMIT = { address: { ttl: MINUTE_MS, limit: 12_000 } };

/** Counts in the memory of one node, by IPv4 address or IPv6 /64. */
@Injectable()
export class AddressThrottleGuard extends ThrottlerGuard {
  protected override throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: { timeToBlockExpire: number },
  ): Promise<void> {
    return Promise.reject(new TandemError('rate_limited', undefined, undefined, timeToBlockExpire * 1000));
  }
}
