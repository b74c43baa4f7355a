/** A stored refresh token and its session. Times are epoch milliseconds of one clock. */
export interface StoredRefreshToken {
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly sessionRevoked: boolean;
}

/** How long a used token may come again: the same client's double submit, or a lost answer (A34). */
export const REFRESH_GRACE_MS = 10_000;

export type RefreshVerdict = 'rotate' | 'repeat' | 'reuse' | 'ended';

/** Reuse is judged before expiry: a copy of an old token is a theft even when it is past its time. */
export function judgeRefresh(token: StoredRefreshToken, now: number): RefreshVerdict {
  if (token.sessionRevoked) return 'ended';
  if (token.usedAt !== null) return now - token.usedAt <= REFRESH_GRACE_MS ? 'repeat' : 'reuse';
  return token.expiresAt <= now ? 'ended' : 'rotate';
}
