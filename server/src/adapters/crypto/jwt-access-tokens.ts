import { randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { id, TandemError } from '@tandem/protocol';
import { errors, type JWTHeaderParameters, jwtVerify } from 'jose';
import { z } from 'zod';
import { AccessTokens, type TokenClaims } from '../../core/access/access-tokens.js';
import type { SignInSessions } from '../../core/access/sign-in-sessions.js';
import type { KeyRing } from './key-ring.js';

const ALGORITHM = 'ES256';
const ISSUER = 'tandem';
const AUDIENCE = 'tandem';
/** RFC 9068: no other kind of token passes for an access token (A31). */
const TYPE = 'at+jwt';
const MAX_BYTES = 8192;
const TOLERANCE_S = 30;

const claims = z.object({ sub: id, sid: id, name: z.string(), iat: z.number(), exp: z.number() });

interface Options {
  /** Seconds. */
  readonly accessTokenTtl: number;
  readonly now?: () => number;
}

/** Access tokens: signed by `@nestjs/jwt`, verified by jose against the key ring. */
export class JwtAccessTokens extends AccessTokens {
  private readonly jwt = new JwtService();
  private readonly now: () => number;

  constructor(
    private readonly keys: KeyRing,
    private readonly sessions: Pick<SignInSessions, 'isLive'>,
    private readonly options: Options,
  ) {
    super();
    this.now = options.now ?? Date.now;
  }

  override async issue({ userId, sessionId, displayName }: Parameters<AccessTokens['issue']>[0]) {
    const { kid, key } = this.keys.signer();
    const iat = Math.floor(this.now() / 1000);
    const exp = iat + this.options.accessTokenTtl;
    const token = await this.jwt.signAsync(
      { iss: ISSUER, aud: AUDIENCE, sub: userId, sid: sessionId, name: displayName, iat, exp, jti: randomUUID() },
      { privateKey: key, algorithm: ALGORITHM, header: { alg: ALGORITHM, typ: TYPE, kid } },
    );
    return { token, expiresAt: exp * 1000 };
  }

  override async verify(token: string): Promise<TokenClaims> {
    // Before anything is decoded: 1 MB of token costs one comparison (A30).
    if (token.length > MAX_BYTES) throw new TandemError('invalid_token');
    const { sub, sid, name, iat, exp, kid } = await this.signedClaims(token);
    if (iat > this.now() / 1000 + TOLERANCE_S) throw new TandemError('invalid_token');
    // A token outlives its session by minutes; without this a closed socket would come back with it.
    if (!(await this.sessions.isLive(sid))) throw new TandemError('invalid_token');
    return { userId: sub, sessionId: sid, displayName: name, expiresAt: exp * 1000, keyId: kid };
  }

  private async signedClaims(token: string): Promise<z.infer<typeof claims> & { kid?: string | undefined }> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, (header) => this.keyFor(header), {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        requiredClaims: ['sub', 'sid', 'name', 'iat', 'exp', 'jti'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(this.now()),
      });
      return { ...claims.parse(payload), kid: protectedHeader.kid };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new TandemError('token_expired');
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw new TandemError('invalid_token');
      throw error;
    }
  }

  /** Only `kid` is read, and only to choose among our keys: `jwk`, `jku`, `x5u` of the header are never followed. */
  private async keyFor({ kid }: JWTHeaderParameters) {
    const key = kid === undefined ? undefined : await this.keys.verifier(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  }
}
