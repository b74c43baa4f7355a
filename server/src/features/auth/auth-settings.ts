export abstract class AuthSettings {
  /** Seconds that a refresh token lives; each exchange begins anew. */
  abstract readonly refreshTokenTtl: number;
}
