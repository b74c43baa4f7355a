import { fileURLToPath } from 'node:url';
import { eventually } from '../../../../src/testing/eventually.js';
import { ServerProcess } from '../../../../src/testing/server-process.js';
import { MODEL } from '../../support/ai-world.js';

const MAIN = fileURLToPath(new URL('../../../../dist/worker.js', import.meta.url));

/** The built worker as a process of its own: what `npm run start:worker` runs. Resolves when it takes requests. */
export async function startWorkerProcess(env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const worker = new ServerProcess({ main: MAIN, env: { AI_MODEL: MODEL, ...env } });
  let end: number | string | undefined;
  void worker.exited().then((code) => {
    end = code;
  });
  const isReady = () => worker.stdout().includes('The worker is ready');
  await eventually('the worker is ready', () => isReady() || end !== undefined, 30_000).catch(() => undefined);
  if (isReady()) return worker;
  await worker.stop('SIGKILL');
  throw new Error(`the worker is not ready (${end}):\n${worker.stdout()}${worker.stderr()}`);
}
