import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { importJWK, type JWK } from 'jose';
import {
  type KeyUpkeep,
  PublicKeys,
  type SigningKeyStore,
  type StoredSigningKey,
  WrongSecretError,
} from '../../core/access/signing-keys.js';
import type { KeySealing } from './key-sealing.js';
import { newSigningKey } from './new-signing-key.js';

/** Another node may have added a key; a made-up key id must not turn into a query each. */
const RELOAD_AFTER_MS = 1_000;
/** Seconds that a key verifies beyond the life of its last token: clocks differ, and verifying tolerates 30 of them. */
const MARGIN_S = 60;
/** Looks within the time that a key is published before it signs, and the longest time between two of them in seconds. */
const LOOKS = 4;
const LOOK_AT_LEAST_EVERY = 1;
/** Looks after a key is found gone, until it is told: by then no node signs with it, and whoever comes back gets another. */
const LOOKS_BEFORE_TELLING = 2;
const DAY_S = 86_400;

interface Options {
  /** Seconds that a token lives: as long does a retired key verify. */
  readonly accessTokenTtl: number;
  /** Days that a key signs. */
  readonly signingKeyDays: number;
  /** Seconds that a new key is published before it signs. */
  readonly signingKeyLead: number;
  readonly now?: () => number;
}

/**
 * The keys of the access tokens. The first start makes one; all nodes on one database share them (decision 015).
 *
 *     published --lead--> signs --successor signs--> verifies --its last token has ended--> gone
 */
export class KeyRing extends PublicKeys implements KeyUpkeep {
  readonly every: number;
  private verifying = new Map<string, Awaited<ReturnType<typeof importJWK>>>();
  private published: JsonWebKey[] = [];
  /** By when they begin to sign, the newest first. */
  private signing: { kid: string; key: KeyObject; signsAt: number; retiredAt: number }[] = [];
  private loadedAt = Number.NEGATIVE_INFINITY;
  private loading: Promise<void> | undefined;
  private readonly listeners: ((kid: string) => void)[] = [];
  /** Keys that are gone and not told of yet, by how many looks there have been since. */
  private readonly gone = new Map<string, number>();
  private known = '';
  private readonly now: () => number;

  private constructor(
    private readonly store: SigningKeyStore,
    private readonly sealing: KeySealing,
    private readonly options: Options,
  ) {
    super();
    this.now = options.now ?? Date.now;
    this.every = Math.min(LOOK_AT_LEAST_EVERY, options.signingKeyLead / LOOKS);
  }

  /** Rejects with WrongSecretError when the stored keys were encrypted under another secret. */
  static async open(store: SigningKeyStore, sealing: KeySealing, options: Options): Promise<KeyRing> {
    const ring = new KeyRing(store, sealing, options);
    await ring.load();
    if (ring.current() === undefined) {
      await store.addFirst(await newSigningKey(sealing));
      await ring.load();
    }
    ring.signer();
    return ring;
  }

  /** The key that signs now. */
  signer(): { kid: string; key: KeyObject } {
    const current = this.current();
    if (current === undefined) throw new Error('No signing key is left: all are retired');
    return current;
  }

  /** The public key under `kid`, from our own keys and nowhere else. */
  async verifier(kid: string) {
    if (!this.verifying.has(kid) && this.now() - this.loadedAt > RELOAD_AFTER_MS) this.loading ??= this.load();
    if (!this.verifying.has(kid)) await this.loading;
    return this.verifying.get(kid);
  }

  override jwks(): Promise<{ keys: JsonWebKey[] }> {
    return Promise.resolve({ keys: this.published });
  }

  override onDropped(listener: (kid: string) => void): void {
    this.listeners.push(listener);
  }

  async run(): Promise<string | undefined> {
    const gone = [...this.gone];
    await this.load();
    for (const [kid, looks] of gone) this.tell(kid, looks + 1);
    const { signingKeyDays, signingKeyLead, accessTokenTtl } = this.options;
    const oldest = signingKeyDays * DAY_S;
    let added: string | undefined;
    const newest = this.signing.find(({ retiredAt }) => retiredAt === Number.POSITIVE_INFINITY);
    if (newest === undefined || this.now() - newest.signsAt > oldest * 1000) {
      const key = await newSigningKey(this.sealing);
      if (await this.store.rotate(key, signingKeyLead, oldest)) added = key.kid;
    }
    const pruned = await this.store.prune(accessTokenTtl + MARGIN_S);
    if (added !== undefined || pruned.length > 0) await this.load();
    return added;
  }

  private current() {
    const now = this.now();
    const begun = this.signing.find(({ signsAt, retiredAt }) => signsAt <= now && retiredAt > now);
    // Where this clock is behind that of the database, the first key seems to begin later.
    return begun ?? this.signing.findLast(({ retiredAt }) => retiredAt > now);
  }

  private tell(kid: string, looks: number): void {
    this.gone.set(kid, looks);
    if (looks < LOOKS_BEFORE_TELLING) return;
    this.gone.delete(kid);
    for (const listener of this.listeners) listener(kid);
  }

  private async load(): Promise<void> {
    this.loadedAt = this.now();
    try {
      const stored = (await this.store.all()).filter((key) => this.verifies(key));
      const known = JSON.stringify(stored.map(({ kid, signsAt, retiredAt }) => [kid, signsAt, retiredAt]));
      if (known === this.known) return;
      const signing = stored.filter(({ retiredAt }) => retiredAt === null || retiredAt > this.now());
      this.signing = signing.map((key) => ({
        kid: key.kid,
        key: this.open(key),
        signsAt: key.signsAt,
        retiredAt: key.retiredAt ?? Number.POSITIVE_INFINITY,
      }));
      const before = [...this.verifying.keys()];
      this.verifying = new Map(
        await Promise.all(
          stored.map(async ({ kid, publicJwk }) => [kid, await importJWK(publicJwk as JWK, 'ES256')] as const),
        ),
      );
      this.published = stored.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: 'ES256', use: 'sig' }));
      for (const kid of before) if (!this.verifying.has(kid)) this.gone.set(kid, 0);
      this.known = known;
    } finally {
      this.loading = undefined;
    }
  }

  private verifies({ algorithm, retiredAt }: StoredSigningKey): boolean {
    const lastS = this.options.accessTokenTtl + MARGIN_S;
    return algorithm === 'ES256' && (retiredAt === null || retiredAt + lastS * 1000 > this.now());
  }

  private open({ kid, privateKey }: StoredSigningKey): KeyObject {
    const pem = this.sealing.open(privateKey, kid);
    if (pem === undefined) throw new WrongSecretError();
    return createPrivateKey(Buffer.from(pem));
  }
}
