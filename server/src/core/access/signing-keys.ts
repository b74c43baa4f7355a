import type { JsonWebKey } from 'node:crypto';

/** A key pair as it is stored; `privateKey` is encrypted. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly algorithm: 'ES256';
  readonly publicJwk: JsonWebKey;
  readonly privateKey: Uint8Array;
  readonly createdAt: number;
  /** Published before that, so that whoever verifies knows it when its first token comes. */
  readonly signsAt: number;
  /** No longer signs from then on; still verifies until its tokens have ended. */
  readonly retiredAt: number | null;
}

export type NewSigningKey = Omit<StoredSigningKey, 'createdAt' | 'signsAt' | 'retiredAt'>;

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
  /** By when they begin to sign, the newest first. */
  abstract all(): Promise<StoredSigningKey[]>;
  /** Stores `key` unless there is one that signs already: of nodes that start at once, one's key stays. */
  abstract addFirst(key: NewSigningKey): Promise<void>;
  /**
   * Adds `key`, which signs from `lead` seconds on and takes over from the others then. With `olderThan`, in seconds, only when
   * the newest has signed for that long: of nodes that find it old at once, one's key stays. Resolves to whether it was added.
   */
  abstract rotate(key: NewSigningKey, lead: number, olderThan?: number): Promise<boolean>;
  /**
   * Takes the key away: its tokens open nothing any more as soon as the nodes have looked. `replacement` signs at once where no
   * other key does. Resolves to whether there was such a key.
   */
  abstract drop(kid: string, replacement: NewSigningKey): Promise<boolean>;
  /** Deletes keys that have not signed for so many seconds; resolves to which. */
  abstract prune(seconds: number): Promise<string[]>;
}

/** The public halves, for `/.well-known/jwks.json`; also those that will sign later. */
export abstract class PublicKeys {
  abstract jwks(): Promise<{ keys: JsonWebKey[] }>;
  /** Calls back with the id of a key that verifies no longer; what its tokens have opened is to be closed. */
  abstract onDropped(listener: (kid: string) => void): void;
}

/** What has to be done about the keys from time to time. */
export abstract class KeyUpkeep {
  /** Seconds between two calls of `run`: several within the time that a new key is published before it signs. */
  abstract readonly every: number;
  /**
   * Learns what other nodes have done, adds a key when the newest has signed for long enough, and forgets those whose tokens
   * have all ended. Resolves to the id of the key that it added, if any. Rejects when the keys cannot be read; safe to repeat.
   */
  abstract run(): Promise<string | undefined>;
}
