import { parentPort } from 'node:worker_threads';
import type { ThreadAnswer, ThreadTask } from './thread-task.js';

/** What runs in the worker thread. */

const linters = { biome: () => import('./biome-lint.js'), ruff: () => import('./ruff-lint.js') };

parentPort?.on('message', async ({ linter, request }: ThreadTask) => {
  let answer: ThreadAnswer;
  try {
    const { lint } = await linters[linter]();
    answer = { findings: request === undefined ? [] : lint(request) };
  } catch (error) {
    answer = { error: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 200) : 'failed' };
  }
  parentPort?.postMessage(answer);
});
