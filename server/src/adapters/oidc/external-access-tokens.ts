import { createHash } from 'node:crypto';
import { TandemError } from '@tandem/protocol';
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { ExternalTokensConfig } from '../../config/identity-config.js';
import type { TokenClaims } from '../../core/access/access-tokens.js';
import type { Changes } from '../../core/access/changes.js';
import { parseRoles } from '../../core/access/external-roles.js';
import type { Identities } from '../../core/access/identities.js';
import type { ForeignIdentity } from '../../core/access/oidc-providers.js';
import type { SignUpRules } from '../../core/access/oidc-rules.js';
import type { TokenVerifier } from '../../core/access/token-verifiers.js';
import { identityOf } from './foreign-claims.js';
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.js';

const MAX_BYTES = 8192;
const TOLERANCE_S = 30;
/** RFC 9068, and what most issuers write although it says nothing. */
const TYPES = new Set(['at+jwt', 'application/at+jwt', 'jwt']);
/** Claims that only other kinds of token have: ID tokens, and the logout and security events of RFC 8417. */
const NOT_OF_ACCESS_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];
const REQUIRED = ['sub', 'iat', 'exp'];
/** Whoever trusts an issuer trusts it about who exists; an address that is somebody else's here is just not taken over. */
const RULES: SignUpRules = { isOpen: true, domains: [], ifTaken: 'create-without-email' };
/** Tokens whose person and roles this node has brought up to date. */
const MOST_SEEN = 20_000;

interface Options extends RemoteKeysOptions {
  readonly now?: () => number;
}

/** Access tokens that somebody else has issued: this server as a resource server (RFC 9068, RFC 8725). */
export class ExternalAccessTokens implements TokenVerifier {
  private readonly keys: RemoteKeys;
  private readonly now: () => number;
  private readonly seen = new Map<string, Promise<void>>();

  constructor(
    private readonly settings: ExternalTokensConfig,
    private readonly identities: Identities,
    private readonly changes: Changes,
    { now = Date.now, ...options }: Options = {},
  ) {
    this.keys = new RemoteKeys(settings.issuer, settings.jwksUrl, options);
    this.now = now;
  }

  takes(token: string): boolean {
    try {
      return decodeJwt(token).iss === this.settings.issuer;
    } catch {
      return false;
    }
  }

  /** Rejects with `provider_unavailable` too, when the issuer's keys cannot be had. */
  async verify(token: string): Promise<TokenClaims> {
    if (token.length > MAX_BYTES) throw new TandemError('invalid_token');
    const claims = await this.signedClaims(token);
    const identity = readIdentity(this.settings.issuer, claims);
    await this.bringUpToDate(token, identity, claims);
    const known = await this.identities.find(identity.issuer, identity.subject);
    // Unlinked, or the account was deleted, since this node saw the token: it does not come back by the same token.
    if (known === undefined) throw new TandemError('invalid_token');
    const { identityId: sessionId, userId, displayName } = known;
    return { userId, sessionId, displayName, expiresAt: (claims.exp ?? 0) * 1000 };
  }

  private async signedClaims(token: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms } = this.settings;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, (header, input) => this.keys.find(header, input), {
        algorithms: [...algorithms],
        issuer,
        audience: [...audience],
        requiredClaims: REQUIRED,
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(this.now()),
      });
      const { iat = Number.POSITIVE_INFINITY } = payload;
      if (iat > this.now() / 1000 + TOLERANCE_S || !isAccessToken(protectedHeader.typ, payload)) {
        throw new TandemError('invalid_token');
      }
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new TandemError('token_expired');
      if (error instanceof errors.JOSEError) throw new TandemError('invalid_token');
      throw error;
    }
  }

  /** Once for each token: the account is made or found, and gets the roles. */
  private async bringUpToDate(token: string, identity: ForeignIdentity, claims: JWTPayload): Promise<void> {
    const key = createHash('sha256').update(token).digest('base64url');
    const seen = this.seen.get(key);
    if (seen !== undefined) return seen;
    const work = this.update(identity, claims);
    this.seen.set(key, work);
    for (const oldest of this.seen.keys()) {
      if (this.seen.size <= MOST_SEEN) break;
      this.seen.delete(oldest);
    }
    try {
      await work;
    } catch (error) {
      this.seen.delete(key);
      throw error;
    }
  }

  private async update(identity: ForeignIdentity, claims: JWTPayload): Promise<void> {
    const resolved = await this.identities.resolve(identity, RULES);
    if (resolved.outcome === 'taken' || resolved.outcome === 'closed') throw new TandemError('invalid_token');
    const roles = parseRoles(claims[this.settings.rolesClaim]);
    if (roles === undefined) return;
    const written = await this.identities.grant(resolved.identityId, roles, (claims.iat ?? 0) * 1000);
    for (const change of written) this.changes.publish(change);
  }
}

/** No other kind of token of the same issuer passes for an access token (A31). */
function isAccessToken(type: string | undefined, claims: JWTPayload): boolean {
  if (type !== undefined && !TYPES.has(type.toLowerCase())) return false;
  if (NOT_OF_ACCESS_TOKENS.some((name) => claims[name] !== undefined)) return false;
  // Keycloak and Cognito write the kind into the claims.
  if (claims.typ !== undefined && claims.typ !== 'Bearer') return false;
  return claims.token_use === undefined || claims.token_use === 'access';
}

function readIdentity(issuer: string, claims: JWTPayload): ForeignIdentity {
  try {
    return identityOf(issuer, claims);
  } catch (error) {
    throw error instanceof z.ZodError ? new TandemError('invalid_token') : error;
  }
}
