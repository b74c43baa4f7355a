import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Whose `correctness` is on by default, as in oxlint's own command; rules without a plugin are ESLint's. */
const DEFAULT_PLUGINS = ['eslint', 'typescript', 'unicorn', 'oxc'];
/** A file that was just made is no mistake. */
const QUIET = new Set(['unicorn/no-empty-file']);
/**
 * These rules read the files that a text imports, from the disk of the server, and tell what is in them: they are not
 * switched on.
 */
const REFUSED_PLUGIN = 'import';
/** Names of plugins in messages of oxlint and in configurations of ESLint. */
const PLUGIN_ALIASES: Record<string, string> = {
  next: 'nextjs',
  '@next/next': 'nextjs',
  n: 'node',
  'react-hooks': 'react',
  'react-refresh': 'react',
  '@typescript-eslint': 'typescript',
  'typescript-eslint': 'typescript',
};

const schema = z.object({
  definitions: z.object({ DummyRuleMap: z.object({ properties: z.record(z.string(), z.unknown()) }) }),
});

export interface OxlintConfiguration {
  readonly plugins: readonly string[];
  readonly rules: Readonly<Record<string, 'warn'>>;
}

/**
 * The rules by the names that oxlint's configuration has for them: `no-unused-vars`, `typescript/no-explicit-any`. Other
 * forms are understood: `eslint/no-unused-vars`, `eslint(no-unused-vars)`, `@typescript-eslint/no-explicit-any`, and
 * `no-explicit-any` as long as only one plugin has it.
 */
export class OxlintRules {
  /** By the part behind the plugin; undefined when several plugins have it. */
  private readonly byRule = new Map<string, string | undefined>();

  constructor(private readonly names: ReadonlySet<string>) {
    for (const name of names) {
      const [, rule] = split(name);
      this.byRule.set(rule, this.byRule.has(rule) ? undefined : name);
    }
  }

  /** oxlint refuses a whole configuration for one rule that it does not have; its package lists those that it has. */
  static ofPackage(schemaPath: string): OxlintRules {
    const { properties } = schema.parse(JSON.parse(readFileSync(schemaPath, 'utf8'))).definitions.DummyRuleMap;
    return new OxlintRules(new Set(Object.keys(properties).filter((name) => split(name)[0] !== REFUSED_PLUGIN)));
  }

  /** Undefined for a rule that oxlint does not have. */
  nameOf(anyForm: string): string | undefined {
    const [, plugin, inside] = /^([^()]+)\(([^()]+)\)$/.exec(anyForm) ?? [];
    const [from, rule] = split(inside === undefined ? anyForm : `${plugin}/${inside}`);
    const known = PLUGIN_ALIASES[from] ?? from;
    const name = known === 'eslint' ? rule : `${known}/${rule}`;
    if (this.names.has(name)) return name;
    return anyForm === rule ? this.byRule.get(rule) : undefined;
  }

  /** The switches by oxlint's names; a switch by that name counts before those by another. */
  switches(rules: Readonly<Record<string, boolean>>): RuleSwitches {
    const own = new Map<string, boolean>();
    for (const [form, on] of Object.entries(rules)) {
      const name = this.nameOf(form);
      if (name !== undefined && (name === form || rules[name] === undefined)) own.set(name, on);
    }
    return new RuleSwitches(own, rules);
  }
}

export class RuleSwitches {
  constructor(
    private readonly own: ReadonlyMap<string, boolean>,
    private readonly rules: Readonly<Record<string, boolean>>,
  ) {}

  /** For those that are on by default it changes nothing. */
  get configuration(): OxlintConfiguration {
    const on = [...this.own].flatMap(([name, on]) => (on ? [name] : [])).sort();
    const plugins = [...new Set([...DEFAULT_PLUGINS, ...on.map((name) => split(name)[0])])];
    return { plugins, rules: Object.fromEntries(on.map((name) => [name, 'warn'])) };
  }

  get isOff(): boolean {
    return this.rules.oxlint === false && ![...this.own.values()].includes(true);
  }

  /** A plugin that was added for one rule brings its others, which nobody asked for. */
  isOn(code: string | undefined): boolean {
    if (code === undefined) return this.rules.oxlint ?? true;
    const byDefault = DEFAULT_PLUGINS.includes(split(code)[0]) && !QUIET.has(code);
    return this.own.get(code) ?? this.rules[code] ?? (byDefault && (this.rules.oxlint ?? true));
  }
}

function split(name: string): [plugin: string, rule: string] {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? ['eslint', name] : [name.slice(0, slash), name.slice(slash + 1)];
}
