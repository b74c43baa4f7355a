import { describe, expect, it } from '@jest/globals';
import type { CompletionPrompt } from '../model-provider.js';
import { chatPrompt } from './chat-prompt.js';
import { FIM_FAMILIES, fimPrompt, suffixPrompt } from './fim-templates.js';
import { breakSpecialTokens } from './special-tokens.js';

const EVIL = [
  ...[
    '<|fim_prefix|>',
    '<|fim_middle|>',
    '<|endoftext|>',
    '<|im_start|>',
    '<|eot_id|>',
    '<|start_header_id|>',
    '<|a_new-one|>',
  ],
  ...[
    '<fim_prefix>',
    '<fim_suffix>',
    '<fim-middle>',
    '<file_sep>',
    '<repo_name>',
    '<PRE>',
    '<SUF>',
    '<MID>',
    '<EOT>',
    '</s>',
  ],
  ...[
    '<｜fim▁begin｜>',
    '<｜fim▁hole｜>',
    '<｜end▁of▁sentence｜>',
    '[SUFFIX]',
    '[PREFIX]',
    '[INST]',
    '[/INST]',
    '<<SYS>>',
  ],
  ...[
    '<[fim-middle]>',
    '<[end▁of▁sentence]>',
    '<end_of_turn>',
    '<eos>',
    '</COMPLETION>',
    '{{FILL_HERE}}',
    '</think>',
    '<</SYS>>',
  ],
];

const PROMPT: CompletionPrompt = {
  projectId: 'p',
  documentId: 'd',
  path: 'src/a.ts',
  prefix: 'PREFIX',
  suffix: 'SUFFIX',
  snippets: [{ path: 'src/b.ts', text: 'b();\n\nc();' }],
  instructions: 'INSTRUCTIONS',
  trigger: 'manual',
  alternatives: 1,
  lines: 'single',
  maxTokens: 64,
};

describe('breakSpecialTokens', () => {
  it.each(EVIL)('breaks %s and keeps its length', (token) => {
    const text = `a ${token} b${token}${token}`;
    const broken = breakSpecialTokens(text);
    expect(broken).toHaveLength(text.length);
    expect(broken).not.toContain(token);
    expect(broken.normalize('NFKC')).not.toContain(token);
    expect(breakSpecialTokens(broken)).toBe(broken);
  });

  it.each([
    'a <| b',
    'x <b>|</b>',
    'Array<Prefix>',
    'a[i]',
    '{{name}}',
    '<p>text</p>',
    'x < y | z > w',
    '<mask>',
    '<pre>',
    'a || b',
  ])('leaves %s as it is', (text) => expect(breakSpecialTokens(text)).toBe(text));
});

describe('fimPrompt', () => {
  it.each([
    [
      'qwen',
      '<|repo_name|>project\n<|file_sep|>src/b.ts\nb();\n\nc();\n<|file_sep|>src/a.ts\n<|fim_prefix|>PREFIX<|fim_suffix|>SUFFIX<|fim_middle|>',
    ],
    [
      'starcoder',
      '<file_sep>src/b.ts\nb();\n\nc();\n<file_sep>src/a.ts\n<fim_prefix>PREFIX<fim_suffix>SUFFIX<fim_middle>',
    ],
    ['deepseek', '<｜fim▁begin｜>// src/b.ts\n// b();\n\n// c();\nPREFIX<｜fim▁hole｜>SUFFIX<｜fim▁end｜>'],
    ['codellama', '<PRE> // src/b.ts\n// b();\n\n// c();\nPREFIX <SUF>SUFFIX <MID>'],
    [
      'codegemma',
      'src/b.ts\nb();\n\nc();\n<|file_separator|>src/a.ts\n<|fim_prefix|>PREFIX<|fim_suffix|>SUFFIX<|fim_middle|>',
    ],
    ['codestral', '[SUFFIX]SUFFIX[PREFIX]+++++ src/b.ts\nb();\n\nc();\n\n+++++ src/a.ts\nPREFIX'],
    ['granite', '<|fim_prefix|>// src/b.ts\n// b();\n\n// c();\nPREFIX<|fim_suffix|>SUFFIX<|fim_middle|>'],
    ['seed', '<[fim-prefix]>// src/b.ts\n// b();\n\n// c();\nPREFIX<[fim-suffix]>SUFFIX<[fim-middle]>'],
  ] as const)('%s', (family, prompt) => {
    expect(fimPrompt(family, PROMPT).prompt).toBe(prompt);
  });

  it.each(FIM_FAMILIES)('%s: nothing in the parts passes for a token', (family) => {
    const bare = fimPrompt(family, PROMPT).prompt;
    for (const token of EVIL) {
      const { prompt } = fimPrompt(family, {
        ...PROMPT,
        path: `src/${token}.ts`,
        prefix: `PREFIX${token}`,
        suffix: `${token}SUFFIX`,
        snippets: [{ path: `src/${token}`, text: `b();${token}` }],
      });
      expect(prompt.split(token).length).toBe(bare.split(token).length);
    }
  });

  it('gives other files as comments of the language, and keeps names on their line', () => {
    const asked = suffixPrompt({ ...PROMPT, path: 'a.py', snippets: [{ path: 'b\nimport os', text: 'x = 1' }] });
    expect(asked).toEqual({ prompt: '# b import os\n# x = 1\nPREFIX', suffix: 'SUFFIX' });
  });
});

describe('chatPrompt', () => {
  it.each(EVIL)('has one hole and one answer, whatever the files say: %s', (token) => {
    const count = (messages: { content: string }[]) => messages.map(({ content }) => content.split(token).length);
    const evil = {
      prefix: token,
      suffix: token,
      path: token,
      instructions: token,
      snippets: [{ path: token, text: token }],
    };
    expect(count(chatPrompt({ ...PROMPT, ...evil }))).toEqual(count(chatPrompt(PROMPT)));
  });
});
