/**
 * What some model family takes for more than text: fill-in-the-middle tokens (Qwen, StarCoder, DeepSeek, CodeLlama,
 * CodeGemma, Codestral, Granite, Seed, CodeGeeX), turns of chats, and the marks of our own chat prompt.
 */
const TOKENS = [
  // StarCoder 1 and 2, StableCode, SantaCoder.
  ...['fim_prefix', 'fim_suffix', 'fim_middle', 'fim_pad', 'fim-prefix', 'fim-suffix', 'fim-middle', 'fim-pad'],
  ...['file_sep', 'repo_name', 'filename', 'reponame', 'gh_stars', 'issue_start', 'issue_comment', 'issue_closed'],
  ...['jupyter_start', 'jupyter_text', 'jupyter_code', 'jupyter_output', 'commit_before', 'commit_msg', 'commit_after'],
  // CodeLlama, Llama 2, Gemma, Mistral.
  ...[
    'PRE',
    'SUF',
    'MID',
    'EOT',
    's',
    '/s',
    'eos',
    'bos',
    'pad',
    'unk',
    'start_of_turn',
    'end_of_turn',
    '<SYS>',
    '</SYS>',
  ],
  ...['think', '/think', 'tool_call', '/tool_call', 'COMPLETION', '/COMPLETION'],
].map((name) => `<${name}>`);

const BRACKETED = ['SUFFIX', 'PREFIX', 'MIDDLE', 'INST', '/INST', 'TOOL_CALLS', 'SYSTEM_PROMPT', '/SYSTEM_PROMPT'];

/** `<|any_name|>` and DeepSeek's full-width `<｜any▁name｜>`; Seed's `<[any-name]>`. Names of ours may be added any day. */
const BARRED = String.raw`<[|｜][^\s<>|｜]{1,64}[|｜]>|<\[[^\s<>[\]]{1,64}\]>`;

const literal = (text: string) => text.replaceAll(/[/\\^$*+?.()|[\]{}]/g, '\\$&');
const SPECIAL = new RegExp(
  [BARRED, ...TOKENS.map(literal), ...BRACKETED.map((name) => `\\[${literal(name)}\\]`), '\\{\\{FILL_HERE\\}\\}'].join(
    '|',
  ),
  'g',
);

/** One UTF-16 unit each, and no Unicode normalization leads back to the original. */
const HARMLESS: Record<string, string> = { '<': '\u2039', '[': '\u2045', '{': '\u2774' };

/**
 * Text that no tokenizer reads as anything but text: a file that holds `<|fim_middle|>` would steer a prompt that is
 * templated on our side. The first character of each token is replaced by a look-alike, so that the length stays.
 */
export function breakSpecialTokens(text: string): string {
  return text.replaceAll(SPECIAL, (token) => HARMLESS[token[0]!]! + token.slice(1));
}
