import { createPrivateKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import {
  type NewSigningKey,
  PublicKeys,
  type SigningKeyStore,
  type StoredSigningKey,
  WrongSecretError,
} from '../../core/access/signing-keys.js';
import type { KeySealing } from './key-sealing.js';

/** Another node may have added a key; a made-up key id must not turn into a query each. */
const RELOAD_AFTER_MS = 10_000;

interface Options {
  /** Seconds that a token lives: as long does a retired key verify. */
  readonly accessTokenTtl: number;
  readonly now?: () => number;
}

/** The keys of the access tokens. The first start makes one; all nodes on one database share them. */
export class KeyRing extends PublicKeys {
  private verifying = new Map<string, Awaited<ReturnType<typeof importJWK>>>();
  private published: JsonWebKey[] = [];
  private current: { kid: string; key: KeyObject } | undefined;
  private loadedAt = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly store: SigningKeyStore,
    private readonly sealing: KeySealing,
    private readonly ttl: number,
    private readonly now: () => number,
  ) {
    super();
  }

  /** Rejects with WrongSecretError when the stored keys were encrypted under another secret. */
  static async open(store: SigningKeyStore, sealing: KeySealing, options: Options): Promise<KeyRing> {
    const ring = new KeyRing(store, sealing, options.accessTokenTtl, options.now ?? Date.now);
    await ring.load();
    if (ring.current === undefined) {
      await store.addFirst(await newKey(sealing));
      await ring.load();
    }
    ring.signer();
    return ring;
  }

  /** The newest key that signs. */
  signer(): { kid: string; key: KeyObject } {
    if (this.current === undefined) throw new Error('No signing key is left: all are retired');
    return this.current;
  }

  /** The public key under `kid`, from our own keys and nowhere else. */
  async verifier(kid: string) {
    if (!this.verifying.has(kid) && this.now() - this.loadedAt > RELOAD_AFTER_MS) await this.load();
    return this.verifying.get(kid);
  }

  override jwks(): Promise<{ keys: JsonWebKey[] }> {
    return Promise.resolve({ keys: this.published });
  }

  private async load(): Promise<void> {
    // Before the query: calls that come meanwhile find nothing to do.
    this.loadedAt = this.now();
    const stored = (await this.store.all()).filter((key) => this.verifies(key));
    const newest = stored.find((key) => key.retiredAt === null);
    this.current = newest === undefined ? undefined : { kid: newest.kid, key: this.open(newest) };
    this.verifying = new Map(
      await Promise.all(
        stored.map(async ({ kid, publicJwk }) => [kid, await importJWK(publicJwk as JWK, 'ES256')] as const),
      ),
    );
    this.published = stored.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: 'ES256', use: 'sig' }));
  }

  private verifies({ algorithm, retiredAt }: StoredSigningKey): boolean {
    return algorithm === 'ES256' && (retiredAt === null || retiredAt + this.ttl * 1000 > this.now());
  }

  private open({ kid, privateKey }: StoredSigningKey): KeyObject {
    const pem = this.sealing.open(privateKey, kid);
    if (pem === undefined) throw new WrongSecretError();
    return createPrivateKey(Buffer.from(pem));
  }
}

async function newKey(sealing: KeySealing): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const publicJwk = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(publicJwk as JWK);
  const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { kid, algorithm: 'ES256', publicJwk, privateKey: sealing.seal(pem, kid) };
}
