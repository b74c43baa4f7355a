// Before migrations are built: removes what an earlier build made of a migration that is gone (another branch, a discarded
// draft). The server applies whatever lies in that folder.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, '..', '..', 'migrations');
const BUILT = join(SOURCES, 'dist');

for (const name of existsSync(BUILT) ? readdirSync(BUILT) : []) {
  const source = /^(.+?)\.(?:d\.ts|js|js\.map)$/.exec(name)?.[1];
  if (source !== undefined && !existsSync(join(SOURCES, `${source}.ts`))) rmSync(join(BUILT, name));
}
