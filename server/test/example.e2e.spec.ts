import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../src/testing/eventually.js';
import { type ServerProcess, startServerProcess, stopAllServers } from '../src/testing/server-process.js';

const EXAMPLE = fileURLToPath(new URL('../../protocol/examples/plain-client.mjs', import.meta.url));

/** The example as somebody runs it who has the printed link. */
class Example {
  readonly #child: ChildProcess;
  output = '';

  constructor(url: string, token: string) {
    this.#child = spawn(process.execPath, [EXAMPLE, url, token], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  async says(words: RegExp): Promise<RegExpExecArray> {
    const found = () => words.exec(this.output);
    await eventually(`the example says ${words}`, () => found() !== null || this.#child.exitCode !== null).catch(
      (error: Error) => {
        throw new Error(`${error.message}:\n${this.output}`);
      },
    );
    return found() ?? Promise.reject(new Error(`it ended with ${this.#child.exitCode}:\n${this.output}`));
  }

  /** The exit code, or the name of the signal. */
  async ended(): Promise<number | string> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, 'close');
    return (this.#child.exitCode ?? this.#child.signalCode) as number | string;
  }

  stop(): Promise<number | string> {
    this.#child.kill('SIGTERM');
    return this.ended();
  }
}

describe('the client of the protocol README, which is not ours but anybody’s', () => {
  let server: ServerProcess;
  const started: Example[] = [];
  const run = (token: string) => {
    const example = new Example(server.url, token);
    started.push(example);
    return example;
  };

  beforeAll(async () => {
    server = await startServerProcess();
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((example) => example.stop()));
  });
  afterAll(() => stopAllServers());

  it('two of them edit one document: the first sees what the second wrote', async () => {
    const token = new URLSearchParams(new URL(server.link).hash.slice(1)).get('link') ?? '';
    const first = run(token);
    await first.says(/opened \d+ characters at seq \d+ as editor/);
    const [, before] = await first.says(/saved as (\d+)/);
    const second = run(token);
    const [, name] = await second.says(/^(.+) opened \d+ characters at seq \d+ as editor/m);
    const [, after] = await second.says(/saved as (\d+)/);
    expect(Number(after)).toBe(Number(before) + 1);
    await first.says(
      new RegExp(`edits ${after} to ${after} of somebody else; the first line is now: Hello from ${name}`),
    );
    expect(await first.stop()).toBe('SIGTERM');
    expect(await second.stop()).toBe('SIGTERM');
    expect(first.output + second.output).not.toMatch(/error|refused/i);
  });

  it('one with a wrong token says why and ends', async () => {
    const example = run('no-such-token');
    expect(await example.ended()).toBe(1);
    expect(example.output).toContain('link_expired');
  });

  it('is short enough to be read at once', () => {
    expect(readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });
});
