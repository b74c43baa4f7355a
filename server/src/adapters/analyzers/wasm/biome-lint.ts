import { Biome, type Configuration, type Diagnostic } from '@biomejs/js-api/nodejs';
import type { Finding } from '../../../core/ai/analyzer.js';
import { finish } from '../findings.js';
import { baseNameOf } from '../linter.js';
import { ByteOffsets } from '../text-offsets.js';
import type { LintRequest } from './thread-task.js';

/** Biome in the worker thread. */

type Switches = LintRequest['rules'];
/** A rule, and the group in which Biome's configuration has it. */
type KnownRule = readonly [group: string, rule: string];

const GROUPS = ['a11y', 'complexity', 'correctness', 'nursery', 'performance', 'security', 'style', 'suspicious'];
const RULE = /^(?:lint\/)?(?:[a-z0-9]+\/)?((?:no|use)[A-Z][A-Za-z0-9]*)$/;
const SEVERITY = { fatal: 1, error: 1, warning: 2, information: 3, hint: 4 } as const;
const MAX_KNOWN_GROUPS = 5000;

/**
 * In UTF-16 units. Biome 2.5 keeps some of each text that it has closed, 27 MB after 500 texts of 100 lines; a workspace
 * gives it back when it is freed. A new one takes 5 ms.
 */
const RENEW_AFTER = 250_000;

const groups = new Map<string, string | undefined>();
let workspace = newWorkspace();

function newWorkspace() {
  const biome = new Biome();
  const project = biome.openProject('/project').projectKey;
  const trial = biome.openProject('/trial').projectKey;
  return { biome, project, trial, applied: '', read: 0 };
}

export function lint({ path, text, rules }: LintRequest): Finding[] {
  // As JSON it is an error, but somebody has just made it.
  if (text.trim() === '') return [];
  const name = baseNameOf(path).replace(/\.htm$/, '.html');
  renewWhenUsedUp(text.length);
  configure(switchedOn(rules));
  const offsets = new ByteOffsets(text);
  const { diagnostics } = unwrapped(() =>
    workspace.biome.lintContent(workspace.project, text, { filePath: `/project/${name}` }),
  );
  return finish(
    diagnostics.map((diagnostic) => toFinding(diagnostic, offsets, name.endsWith('.html'))),
    text.length,
    (code) => isOn(rules, code),
  );
}

function toFinding(
  { category, severity, description, tags, location }: Diagnostic,
  offsets: ByteOffsets,
  html: boolean,
): Finding {
  const [start, end] = location.span ?? [0, 0];
  const [, , rule] = /^lint\/(\w+)\/(\w+)$/.exec(category ?? '') ?? [];
  return {
    start: offsets.at(start),
    end: offsets.at(end),
    // Biome wants the end tags that HTML lets one leave out, and knows no template language.
    severity: html && rule === undefined ? 2 : SEVERITY[severity],
    code: rule ?? category ?? 'parse',
    href: rule === undefined ? undefined : `https://biomejs.dev/linter/rules/${kebabCase(rule)}/`,
    message: description,
    tags: tagsOf(tags, rule),
  };
}

/** Biome says it of few, and mostly in a remark that an editor does not show. */
function tagsOf(tags: Diagnostic['tags'], rule: string | undefined): Finding['tags'] {
  if (tags.includes('unnecessaryCode') || rule?.startsWith('noUnused')) return [1];
  return tags.includes('deprecatedCode') ? [2] : undefined;
}

function kebabCase(rule: string): string {
  return rule.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** By its name, or by that behind a group. */
function isOn(rules: Switches, code: string | undefined): boolean {
  if (code === undefined) return rules.biome ?? true;
  const long = Object.keys(rules).find((name) => name.includes('/') && RULE.exec(name)?.[1] === code);
  return rules[code] ?? (long === undefined ? undefined : rules[long]) ?? rules.biome ?? true;
}

function switchedOn(rules: Switches): KnownRule[] {
  const names = new Set(
    Object.keys(rules).flatMap((name) => (rules[name] === true ? (RULE.exec(name)?.[1] ?? []) : [])),
  );
  return [...names].sort().flatMap((rule) => {
    const group = groupOf(rule);
    return group === undefined ? [] : [[group, rule] as const];
  });
}

/** Biome lists its rules nowhere at run time: it only refuses a configuration with one that it does not have. */
function groupOf(rule: string): string | undefined {
  if (groups.has(rule)) return groups.get(rule);
  const group = GROUPS.find((group) => takes({ linter: { rules: { [group]: { [rule]: 'on' } } } }));
  if (groups.size < MAX_KNOWN_GROUPS) groups.set(rule, group);
  return group;
}

function takes(configuration: Configuration): boolean {
  try {
    workspace.biome.applyConfiguration(workspace.trial, configuration);
    return true;
  } catch {
    return false;
  }
}

function renewWhenUsedUp(length: number): void {
  if (workspace.read > RENEW_AFTER) {
    workspace.biome.shutdown();
    workspace = newWorkspace();
  }
  workspace.read += length;
}

/** Applying takes 0.5 ms: one project in Biome serves all of Tandem's. */
function configure(rules: readonly KnownRule[]): void {
  const key = JSON.stringify(rules);
  if (workspace.applied === key) return;
  workspace.applied = '';
  unwrapped(() => workspace.biome.applyConfiguration(workspace.project, configurationWith(rules)));
  workspace.applied = key;
}

/** Biome's own recommendation but for style, in all languages that it has here. HTML it reads only when told to. */
function configurationWith(switchedOn: readonly KnownRule[]): Configuration {
  const rules: Record<string, Record<string, unknown>> = {
    style: { recommended: false },
    // Tailwind's own, which are no longer in the language.
    suspicious: {
      noUnknownAtRules: { level: 'on', options: { ignore: ['tailwind', 'screen', 'variants', 'responsive'] } },
    },
  };
  for (const [group, rule] of switchedOn) rules[group] = { [rule]: 'on', ...rules[group] };
  const linter = { enabled: true };
  return {
    linter: { enabled: true, rules: { recommended: true, ...rules } },
    assist: { enabled: false },
    formatter: { enabled: false },
    json: { linter },
    css: { linter, parser: { cssModules: true, tailwindDirectives: true } },
    graphql: { linter },
    html: { linter, experimentalFullSupportEnabled: true },
    overrides: switchedOn.some(([, rule]) => rule === 'noUnusedVariables') ? [] : [SCRIPTS_IN_PAGES],
  };
}

/** What one script of a page declares the others may use, and its attributes. */
const SCRIPTS_IN_PAGES = {
  includes: ['**/*.html'],
  linter: { rules: { correctness: { noUnusedVariables: 'off' as const } } },
};

/** The cause of Biome's wrapper, which has no message. */
function unwrapped<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw (error as { stackTrace?: unknown }).stackTrace ?? error;
  }
}
