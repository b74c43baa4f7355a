import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { NewSigningKey } from '../../core/access/signing-keys.js';
import type { KeySealing } from './key-sealing.js';

/** A fresh P-256 pair, the private half sealed; its id is the thumbprint of the public one (RFC 7638). */
export async function newSigningKey(sealing: KeySealing): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const publicJwk = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(publicJwk as JWK);
  const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { kid, algorithm: 'ES256', publicJwk, privateKey: sealing.seal(pem, kid) };
}
