import { afterEach, describe, expect, it } from '@jest/globals';
import type { CompletionPrompt } from '../../core/ai/model-provider.js';
import { NgramProvider } from './ngram-provider.js';

const FILE = `${Array.from({ length: 6 }, (_, n) => `const total${n} = sum(values);\nlog(total${n});\n`).join('')}`;

describe('NgramProvider', () => {
  let provider: NgramProvider;
  afterEach(() => provider?.close());

  const ask = async (prompt: Partial<CompletionPrompt>, signal = new AbortController().signal) => {
    const texts: string[] = [];
    const whole: CompletionPrompt = {
      projectId: 'apollo',
      documentId: 'new',
      path: 'new.ts',
      prefix: '',
      suffix: '',
      snippets: [],
      instructions: '',
      trigger: 'automatic',
      alternatives: 1,
      lines: 'single',
      maxTokens: 64,
      ...prompt,
    };
    for await (const chunk of provider.stream(whole, signal)) if (chunk.type === 'text') texts.push(chunk.text);
    return texts;
  };

  it('knows a project’s files, and nothing of another project’s', async () => {
    provider = new NgramProvider();
    expect(provider.knows('apollo')).toBe(false);
    await provider.learn('apollo', { documentId: 'a', path: 'a.ts', text: FILE.replaceAll('sum', 'secretSum') });
    expect(provider.knows('apollo')).toBe(true);
    expect(await ask({ prefix: 'const total9 = secretS' })).toEqual([expect.stringMatching(/^um\(values/)]);
    expect(await ask({ projectId: 'gemini', prefix: 'const total9 = secretS' })).toEqual([]);
    await provider.learn('gemini', { documentId: 'b', path: 'b.ts', text: FILE });
    expect(await ask({ projectId: 'gemini', prefix: 'const total9 = secretS', trigger: 'manual' })).toEqual([]);
    await provider.forget('apollo', 'a');
    expect(await ask({ prefix: 'const total9 = secretS' })).toEqual([]);
  });

  it('says more to somebody who asks by hand', async () => {
    provider = new NgramProvider();
    const text = 'open(first);\nopen(second);\nopen(third);\nclose(first);\n';
    await provider.learn('apollo', { documentId: 'a', path: 'a.ts', text });
    expect(await ask({ prefix: 'x();\nopen(' })).toEqual([]);
    expect(await ask({ prefix: 'x();\nopen(', trigger: 'manual' })).toHaveLength(1);
  });

  it('idioms are there before anything is learned', async () => {
    provider = new NgramProvider();
    expect(await ask({ prefix: 'for (let i = 0; ' })).toEqual([expect.stringContaining('i++')]);
  });

  it('gives up when it is told to', async () => {
    provider = new NgramProvider();
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(ask({ prefix: 'for (let i = 0; ' }, abort.signal)).rejects.toThrow('enough');
  });
});
