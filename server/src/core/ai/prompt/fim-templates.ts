import type { CompletionPrompt } from '../model-provider.js';
import { commentMark } from './comment-mark.js';
import { breakSpecialTokens } from './special-tokens.js';

type Parts = Pick<CompletionPrompt, 'path' | 'prefix' | 'suffix' | 'snippets'>;

interface FimTemplate {
  render(parts: Parts): string;
  /** What ends the answer; some servers do not stop at all of them, so the reader must. */
  readonly stops: readonly string[];
}

/** Prefix, suffix, middle; other files before, as comments of the file's language. */
const withComments = (pre: string, suf: string, mid: string, ...stops: string[]): FimTemplate => ({
  render: (parts) => `${pre}${commented(parts)}${parts.prefix}${suf}${parts.suffix}${mid}`,
  stops: [pre.trim(), suf.trim(), mid.trim(), ...stops],
});

const BARS = { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' };

/**
 * Prompts of the model families, from their model cards. https://github.com/QwenLM/Qwen2.5-Coder,
 * https://huggingface.co/bigcode/starcoder2-15b, https://github.com/deepseek-ai/DeepSeek-Coder, https://arxiv.org/abs/2308.12950
 * (Code Llama; its spaces matter), https://ai.google.dev/gemma/docs/codegemma, https://github.com/mistralai/mistral-common.
 */
const TEMPLATES = {
  qwen: {
    render: ({ path, prefix, suffix, snippets }) =>
      (snippets.length === 0 ? '' : `<|repo_name|>project\n${files('<|file_sep|>', snippets)}<|file_sep|>${path}\n`) +
      `${BARS.prefix}${prefix}${BARS.suffix}${suffix}${BARS.middle}`,
    stops: [
      ...['<|endoftext|>', BARS.prefix, BARS.middle, BARS.suffix, '<|fim_pad|>', '<|repo_name|>', '<|file_sep|>'],
      ...['<|im_start|>', '<|im_end|>'],
    ],
  },
  starcoder: {
    render: ({ path, prefix, suffix, snippets }) =>
      (snippets.length === 0 ? '' : `${files('<file_sep>', snippets)}<file_sep>${path}\n`) +
      `<fim_prefix>${prefix}<fim_suffix>${suffix}<fim_middle>`,
    stops: ['<fim_prefix>', '<fim_suffix>', '<fim_middle>', '<fim_pad>', '<file_sep>', '<repo_name>', '<|endoftext|>'],
  },
  deepseek: withComments(
    '<｜fim▁begin｜>',
    '<｜fim▁hole｜>',
    '<｜fim▁end｜>',
    '<｜end▁of▁sentence｜>',
    '<｜begin▁of▁sentence｜>',
  ),
  codellama: withComments('<PRE> ', ' <SUF>', ' <MID>', '<EOT>', '</s>'),
  codegemma: {
    render: ({ path, prefix, suffix, snippets }) =>
      (snippets.length === 0 ? '' : `${files('', snippets, '<|file_separator|>')}${path}\n`) +
      `${BARS.prefix}${prefix}${BARS.suffix}${suffix}${BARS.middle}`,
    stops: [...Object.values(BARS), '<|file_separator|>', '<end_of_turn>', '<eos>'],
  },
  /** Suffix first: what lies before the caret is the end of the prompt, and the answer goes on from there. */
  codestral: {
    render: ({ path, prefix, suffix, snippets }) =>
      `[SUFFIX]${suffix}[PREFIX]` +
      (snippets.length === 0 ? '' : `${files('+++++ ', snippets, '\n')}+++++ ${path}\n`) +
      prefix,
    stops: ['[PREFIX]', '[SUFFIX]', '\n+++++ ', '</s>'],
  },
  granite: withComments(BARS.prefix, BARS.suffix, BARS.middle, '<|end_of_text|>', '<|fim_pad|>'),
  seed: withComments('<[fim-prefix]>', '<[fim-suffix]>', '<[fim-middle]>', '<[end▁of▁sentence]>', '<[SEP▁TOKEN]>'),
} satisfies Record<string, FimTemplate>;

export type FimFamily = keyof typeof TEMPLATES;
export const FIM_FAMILIES = Object.keys(TEMPLATES) as [FimFamily, ...FimFamily[]];

/** The prompt of a family; nothing in the parts can pass for one of its tokens. */
export function fimPrompt(family: FimFamily, prompt: CompletionPrompt): { prompt: string; stops: readonly string[] } {
  const { render, stops } = TEMPLATES[family];
  return { prompt: render(harmless(prompt)), stops };
}

/** For servers that take the suffix as a parameter and template on their side. */
export function suffixPrompt(prompt: CompletionPrompt): { prompt: string; suffix: string } {
  const parts = harmless(prompt);
  return { prompt: commented(parts) + parts.prefix, suffix: parts.suffix };
}

function harmless({ path, prefix, suffix, snippets }: Parts): Parts {
  return {
    path: harmlessPath(path),
    prefix: breakSpecialTokens(prefix),
    suffix: breakSpecialTokens(suffix),
    snippets: snippets.map((snippet) => ({
      path: harmlessPath(snippet.path),
      text: breakSpecialTokens(snippet.text),
    })),
  };
}

/** A name of several lines would end the line that it stands on. */
const harmlessPath = (path: string) => breakSpecialTokens(path.replaceAll(/\s/g, ' '));

const files = (before: string, snippets: Parts['snippets'], after = '') =>
  snippets.map(({ path, text }) => `${before}${path}\n${withLineEnd(text)}${after}`).join('');

const withLineEnd = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);

function commented({ path, snippets }: Parts): string {
  const mark = commentMark(path);
  return snippets
    .map((snippet) => `${mark} ${snippet.path}\n${withLineEnd(snippet.text).replaceAll(/^(?=.)/gm, `${mark} `)}`)
    .join('');
}
