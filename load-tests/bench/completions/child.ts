import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process beside this one, which ends with it. Its first message is `{ url }`. */
export async function startChild(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ child: ChildProcess; url: string; stop: () => Promise<void> }> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env } });
  const exited = once(child, 'exit');
  const [message] = (await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => {
      throw new Error(`${file} ended with ${code}`);
    }),
  ])) as [{ url: string }];
  const stop = async () => {
    child.kill();
    await exited;
  };
  return { child, url: message.url, stop };
}
