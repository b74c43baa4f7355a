import { LanguageDescription, type LanguageSupport } from '@codemirror/language';

export interface Language {
  readonly name: string;
  /** What the file tree draws: two or three characters, and the class of their colour. */
  readonly badge: string;
  readonly tone: string;
  /** Fetched when the first file of the language is opened. */
  readonly load?: () => Promise<LanguageSupport>;
}

const script = (typescript: boolean, jsx: boolean) => async () =>
  (await import('@codemirror/lang-javascript')).javascript({ typescript, jsx });

const LANGUAGES = {
  typescript: { name: 'TypeScript', badge: 'TS', tone: 'blue', load: script(true, false) },
  tsx: { name: 'TypeScript JSX', badge: 'TS', tone: 'blue', load: script(true, true) },
  javascript: { name: 'JavaScript', badge: 'JS', tone: 'yellow', load: script(false, true) },
  json: {
    name: 'JSON',
    badge: '{}',
    tone: 'yellow',
    load: async () => (await import('@codemirror/lang-json')).json(),
  },
  css: { name: 'CSS', badge: '#', tone: 'violet', load: async () => (await import('@codemirror/lang-css')).css() },
  html: { name: 'HTML', badge: '<>', tone: 'orange', load: async () => (await import('@codemirror/lang-html')).html() },
  python: {
    name: 'Python',
    badge: 'py',
    tone: 'green',
    load: async () => (await import('@codemirror/lang-python')).python(),
  },
  markdown: { name: 'Markdown', badge: 'M↓', tone: 'cyan', load: loadMarkdown },
} as const satisfies Record<string, Language>;

const PLAIN: Language = { name: 'Plain text', badge: '', tone: 'grey' };

const BY_EXTENSION: Record<string, keyof typeof LANGUAGES> = {
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  json: 'json',
  jsonc: 'json',
  webmanifest: 'json',
  css: 'css',
  html: 'html',
  htm: 'html',
  svg: 'html',
  md: 'markdown',
  markdown: 'markdown',
  py: 'python',
  pyi: 'python',
};

export function languageOf(path: string): Language {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const id = Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
  return id ? LANGUAGES[id] : PLAIN;
}

/** Fenced code in Markdown is coloured by its own language, fetched when such a fence is seen. */
async function loadMarkdown(): Promise<LanguageSupport> {
  const { markdown, markdownLanguage } = await import('@codemirror/lang-markdown');
  const fences = Object.entries(LANGUAGES)
    .filter(([id]) => id !== 'markdown')
    .map(([id, { name, load }]) => {
      const extensions = Object.keys(BY_EXTENSION).filter((extension) => BY_EXTENSION[extension] === id);
      return LanguageDescription.of({ name, alias: [id, ...extensions], extensions, load });
    });
  return markdown({ base: markdownLanguage, codeLanguages: fences });
}
