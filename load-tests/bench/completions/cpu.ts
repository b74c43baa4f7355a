import { readFileSync } from 'node:fs';
import { processTree } from '../../../server/dist/testing/processes.js';

/** Of Linux's clock of processes: 100 ticks a second everywhere that Node runs on. */
const TICK_MS = 10;

/** CPU time of a process and its children so far, threads and ended children included; 0 where there is no /proc. */
export async function cpuMsOf(pid: number): Promise<number> {
  return (await processTree(pid)).reduce((sum, one) => sum + ownCpuMs(one), 0);
}

function ownCpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may hold blanks: utime, stime, cutime and cstime are the 12th to 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
  } catch {
    return 0;
  }
}
