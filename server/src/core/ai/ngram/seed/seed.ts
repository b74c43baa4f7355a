import { PYTHON } from './python.js';
import { TYPESCRIPT } from './typescript.js';
import { CSS, HTML, JSON_TEXT } from './web.js';

interface Seed {
  readonly id: string;
  readonly text: string;
  readonly extensions: readonly string[];
}

/** Idioms that a project has before it has code of its own. */
export const SEEDS: readonly Seed[] = [
  {
    id: 'typescript',
    text: TYPESCRIPT,
    extensions: ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs', 'vue', 'svelte'],
  },
  { id: 'python', text: PYTHON, extensions: ['py', 'pyi', 'pyw', 'ipynb'] },
  { id: 'css', text: CSS, extensions: ['css', 'scss', 'less', 'vue', 'svelte', 'html', 'htm'] },
  { id: 'html', text: HTML, extensions: ['html', 'htm', 'vue', 'svelte'] },
  { id: 'json', text: JSON_TEXT, extensions: ['json', 'jsonc'] },
];

/** An idiom in an empty project counts as if it had been seen so often; it fades as the project has text of its own. */
const EMPTY_WEIGHT = 8;
const FADES_IN_TOKENS = 2000;

/** What a seed counts for in a document: nothing in other languages. */
export const seedWeight = (seedId: string, path: string, projectTokens: number): number => {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (!SEEDS.some(({ id, extensions }) => id === seedId && extensions.includes(extension))) return 0;
  return 1 + (EMPTY_WEIGHT - 1) / (1 + projectTokens / FADES_IN_TOKENS);
};
