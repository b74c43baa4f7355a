import { chmod, mkdir } from 'node:fs/promises';
import { StartError } from './start-error.js';

/** Makes the data dir. Others may pass through it (PostgreSQL runs as another user under root) but not list it. */
export async function prepareDataDir(dataDir: string): Promise<void> {
  try {
    // The umask may take away what the mode grants.
    if (await mkdir(dataDir, { recursive: true })) await chmod(dataDir, 0o711);
  } catch (error) {
    throw new StartError(`Cannot create the data dir: ${(error as Error).message}`, { cause: error });
  }
}
