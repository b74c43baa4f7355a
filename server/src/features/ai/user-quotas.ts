import { TokenBucket } from '../../core/limits/token-bucket.js';

/** What one person may ask for on this node, over all of their connections. */
export class UserQuotas {
  private readonly users = new Map<string, { readonly bucket: TokenBucket; connections: number }>();

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
  ) {}

  /** For one more connection of the person. */
  of(userId: string): TokenBucket {
    const user = this.users.get(userId) ?? { bucket: new TokenBucket(this.burst, this.perSecond), connections: 0 };
    user.connections++;
    this.users.set(userId, user);
    return user.bucket;
  }

  /** A connection of the person has ended. */
  leave(userId: string): void {
    const user = this.users.get(userId);
    if (user && --user.connections === 0) this.users.delete(userId);
  }
}
