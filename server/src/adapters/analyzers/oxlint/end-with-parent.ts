import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { FOLDER_PREFIX } from './folder-prefix.js';

/**
 * Runs in the child before its program. A language server ends when its input does, but only when it has done the text
 * under way, which for a hostile one is a minute of a processor that nobody waits for. When the parent was killed, nobody
 * else is left to remove the child's folder.
 */
const parent = process.ppid;
const folder = process.cwd();

function removeFolder(): void {
  if (basename(folder).startsWith(FOLDER_PREFIX)) rmSync(folder, { recursive: true, force: true });
}

process.on('exit', removeFolder);
setInterval(() => {
  if (process.ppid === parent) return;
  removeFolder();
  process.kill(process.pid, 'SIGKILL');
}, 500).unref();
