import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AppConfig } from './app-config.js';
import { readOrCreatePrivateFile } from './private-file.js';

/** The secret that encrypts signing keys: the one that is set, else one generated into the data dir, which must exist. */
export async function resolveSecret(config: Pick<AppConfig, 'secret' | 'dataDir'>): Promise<string> {
  if (config.secret !== undefined) return config.secret;
  const path = join(config.dataDir, 'secret');
  const secret = await readOrCreatePrivateFile(path, () => randomBytes(32).toString('base64url'));
  // A shortened file would silently make other keys; what was encrypted before could not be read again.
  if (secret.length < 32) throw new Error(`${path} is damaged: restore it, or set TANDEM_SECRET`);
  return secret;
}
