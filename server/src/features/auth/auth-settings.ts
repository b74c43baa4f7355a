export abstract class AuthSettings {
  /** Seconds that a refresh token lives; each exchange begins anew. */
  abstract readonly refreshTokenTtl: number;
  /** Requests of one account; 0: as many as it likes. */
  abstract readonly capacity: { readonly restRequestsPerMinute: number };
}
