import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The command line of a living process; undefined when there is none. A zombie counts as none: it holds nothing any more,
 * and in a container whose first process does not reap, it stays for ever.
 */
export async function commandOf(pid: number): Promise<string | undefined> {
  try {
    // The kernel shows an empty command line for zombies.
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim() || undefined;
    const { stdout } = await run('ps', ['-o', 'stat=,command=', '-p', String(pid)]);
    const [state = 'Z', ...command] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : command.join(' ');
  } catch {
    return undefined;
  }
}
