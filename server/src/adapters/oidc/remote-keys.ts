import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
} from 'jose';
import { allowInsecureRequests, discovery, None } from 'openid-client';
import { unavailable } from './provider-errors.js';
import { ANSWER_TIMEOUT_S } from './sign-in-client.js';

export interface RemoteKeysOptions {
  /** How long keys are believed without asking, and so how long a key that was taken back is. */
  readonly maxAgeMs?: number;
  /** A token with a key that is not known makes us ask at most this often: anybody can make one up. */
  readonly cooldownMs?: number;
  /** How long keys that are too old are used while the issuer cannot be asked. */
  readonly staleMs?: number;
}

const MAX_AGE_MS = 10 * 60_000;
const COOLDOWN_MS = 5_000;
const STALE_MS = 60 * 60_000;
/** After a failure, so that not every request waits for the next one. */
const PAUSE_MS = 5_000;

type RemoteSet = ReturnType<typeof createRemoteJWKSet>;

/**
 * The keys that an issuer publishes: fetched when a token first needs them, again when they are old, and when a token names
 * one that is not among them (rotation). An issuer that is away for less than an hour ends nobody's work.
 */
export class RemoteKeys {
  private readonly options: Required<RemoteKeysOptions>;
  private set: RemoteSet | undefined;
  private opening: Promise<RemoteSet> | undefined;
  /** When the keys were last fetched, or young enough not to be. */
  private answeredAt = Number.NEGATIVE_INFINITY;
  private failedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly issuer: string,
    private readonly url?: string,
    { maxAgeMs = MAX_AGE_MS, cooldownMs = COOLDOWN_MS, staleMs = STALE_MS }: RemoteKeysOptions = {},
  ) {
    this.options = { maxAgeMs, cooldownMs, staleMs };
  }

  /** Rejects with a JOSEError when there is no such key, with TandemError `provider_unavailable` when nobody can say. */
  async find(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (Date.now() - this.failedAt < PAUSE_MS) return this.held(header, token, undefined);
    try {
      this.set ??= await this.open();
      const key = await this.set(header, token);
      this.answeredAt = Date.now();
      return key;
    } catch (error) {
      if (isAnswer(error)) throw error;
      this.failedAt = Date.now();
      return this.held(header, token, error);
    }
  }

  /** With the keys of before. */
  private async held(header: JWTHeaderParameters, token: FlattenedJWSInput, cause: unknown): Promise<CryptoKey> {
    const jwks = Date.now() - this.answeredAt < this.options.staleMs ? this.set?.jwks() : undefined;
    if (jwks === undefined) throw unavailable(cause);
    // A key that is not among them may be a new one.
    return createLocalJWKSet(jwks)(header, token).catch(() => {
      throw unavailable(cause);
    });
  }

  private open(): Promise<RemoteSet> {
    this.opening ??= this.locate()
      .then((url) => {
        const { maxAgeMs, cooldownMs } = this.options;
        const timeoutDuration = ANSWER_TIMEOUT_S * 1000;
        return createRemoteJWKSet(new URL(url), {
          cacheMaxAge: maxAgeMs,
          cooldownDuration: cooldownMs,
          timeoutDuration,
        });
      })
      .finally(() => {
        this.opening = undefined;
      });
    return this.opening;
  }

  private async locate(): Promise<string> {
    if (this.url !== undefined) return this.url;
    const isPlain = this.issuer.startsWith('http:');
    const options = { timeout: ANSWER_TIMEOUT_S, execute: isPlain ? [allowInsecureRequests] : [] };
    // The client's name is not sent: only the document is read.
    const found = await discovery(new URL(this.issuer), 'tandem', undefined, None(), options);
    const { jwks_uri: url } = found.serverMetadata();
    if (url === undefined || !(isPlain || url.startsWith('https:'))) throw new Error('The issuer names no keys');
    return url;
  }
}

/** The keys were there to be looked at. */
function isAnswer(error: unknown): boolean {
  const kinds = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];
  return kinds.some((kind) => error instanceof kind);
}
