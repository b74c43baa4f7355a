import type { JsonWebKey } from 'node:crypto';

/** A key pair as it is stored; `privateKey` is encrypted. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly algorithm: 'ES256';
  readonly publicJwk: JsonWebKey;
  readonly privateKey: Uint8Array;
  readonly createdAt: number;
  /** No longer signs from then on; still verifies until its tokens have ended. */
  readonly retiredAt: number | null;
}

export type NewSigningKey = Omit<StoredSigningKey, 'createdAt' | 'retiredAt'>;

/** The stored keys were encrypted under another TANDEM_SECRET: the start has to end with words for the operator. */
export class WrongSecretError extends Error {
  constructor() {
    super(
      'The signing keys in the database were encrypted under another secret. Set TANDEM_SECRET to the one that this ' +
        'database was first started with, or restore the file "secret" in its data dir. If it is lost, empty the table ' +
        'signing_keys; everybody signs in anew.',
    );
    this.name = 'WrongSecretError';
  }
}

/** Where the keys of the access tokens are kept, shared by all nodes. */
export abstract class SigningKeyStore {
  /** The newest first. */
  abstract all(): Promise<StoredSigningKey[]>;
  /** Stores `key` unless there is one that signs already: of nodes that start at once, one's key stays. */
  abstract addFirst(key: NewSigningKey): Promise<void>;
}

/** The public halves, for `/.well-known/jwks.json`. */
export abstract class PublicKeys {
  abstract jwks(): Promise<{ keys: JsonWebKey[] }>;
}
