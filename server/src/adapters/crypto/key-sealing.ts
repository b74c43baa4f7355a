import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What is sealed; each has a key of its own. */
const LABELS = { signingKeys: 'tandem signing keys 1', totpSecrets: 'tandem totp secrets 1' } as const;

/** AES-256-GCM under a key that HKDF draws from TANDEM_SECRET. Sealed bytes are nonce, ciphertext, tag. */
export class KeySealing {
  private readonly key: Uint8Array;

  constructor(secret: string, purpose: keyof typeof LABELS = 'signingKeys') {
    this.key = new Uint8Array(hkdfSync('sha256', secret, '', LABELS[purpose], 32));
  }

  /** `name` is bound to the bytes: they open under no other name. */
  seal(bytes: Uint8Array, name: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(name));
    return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }

  /** Undefined when the secret or the name is another one, or the bytes were changed. */
  open(sealed: Uint8Array, name: string): Uint8Array | undefined {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(name))
      .setAuthTag(sealed.subarray(tagAt));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}
