import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../testing/eventually.js';
import { BiomeAnalyzer } from './biome-analyzer.js';
import { RuffAnalyzer } from './ruff-analyzer.js';
import { WasmThread } from './wasm-thread.js';

const threads: WasmThread[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.release();
});

function newThread(times: ConstructorParameters<typeof WasmThread>[0] = {}): WasmThread {
  const thread = new WasmThread(times).share();
  threads.push(thread);
  return thread;
}

const { signal } = new AbortController();
const python = (text: string) => ({ path: 'a.py', text, rules: {} });
/** Takes seconds: a message for each line. */
const SLOW = 'import os\n'.repeat(300_000);
const NESTED = '('.repeat(50_000);

describe('WasmThread', () => {
  it('gives up a text that takes too long, and serves what comes behind it', async () => {
    const thread = newThread({ lintMs: 3000 });
    const [slow, small] = await Promise.allSettled([
      thread.lint('ruff', python(SLOW), signal),
      thread.lint('ruff', python('import os'), signal),
    ]);
    expect(slow).toMatchObject({ status: 'rejected', reason: { message: 'ruff: took longer than 3000 ms' } });
    expect(small).toMatchObject({ status: 'fulfilled', value: [{ code: 'F401' }] });
  });

  it('keeps the main loop free meanwhile', async () => {
    const thread = newThread({ lintMs: 3000 });
    let longest = 0;
    let last = performance.now();
    const ticks = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 10);
    await expect(thread.lint('ruff', python(SLOW), signal)).rejects.toThrow('took longer');
    clearInterval(ticks);
    // A lint on this thread would hold it for three seconds and more.
    expect(longest).toBeLessThan(2500);
  });

  it('takes no thread again in which a text overflowed the stack', async () => {
    const thread = newThread();
    await expect(thread.lint('ruff', python(NESTED), signal)).rejects.toThrow('call stack');
    expect(thread.isRunning).toBe(false);
    const css = { path: 'a.css', text: 'a{'.repeat(20_000), rules: {} };
    await expect(thread.lint('biome', css, signal)).rejects.toThrow('call stack');
    expect(await thread.lint('ruff', python('import os'), signal)).toMatchObject([{ code: 'F401' }]);
  });

  it('ends when nobody has asked for some time, and starts again', async () => {
    const thread = newThread({ idleMs: 50 });
    expect(thread.isRunning).toBe(false);
    for (let round = 0; round < 2; round++) {
      expect(await thread.lint('ruff', python('import os'), signal)).toHaveLength(1);
      await eventually('the thread has ended', () => !thread.isRunning);
    }
  });

  it('is there until the last of its users is closed', async () => {
    const thread = new WasmThread();
    const [ruff, biome] = [new RuffAnalyzer(thread), new BiomeAnalyzer(thread)];
    await ruff.close();
    await ruff.close();
    const input = { projectId: 'p', documentId: 'd', path: 'a.json', text: '{', rules: {}, instructions: '' };
    expect(await biome.analyze(input, signal)).toHaveLength(1);
    await biome.close();
    expect(thread.isRunning).toBe(false);
  });

  it('lets a document rest that it gave up, and no other', async () => {
    const analyzer = new RuffAnalyzer(new WasmThread());
    const input = { projectId: 'p', documentId: 'd', path: 'a.py', text: NESTED, rules: {}, instructions: '' };
    await expect(analyzer.analyze(input, signal)).rejects.toThrow('call stack');
    await expect(analyzer.analyze({ ...input, text: '' }, signal)).rejects.toThrow('gave this document up');
    expect(await analyzer.analyze({ ...input, documentId: 'other', text: '' }, signal)).toEqual([]);
    await analyzer.close();
  });
});
