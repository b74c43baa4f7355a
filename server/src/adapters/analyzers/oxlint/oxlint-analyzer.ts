import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AnalysisInput, Finding } from '../../../core/ai/analyzer.js';
import { finish } from '../findings.js';
import { GaveUp } from '../gave-up.js';
import { baseNameOf, Linter } from '../linter.js';
import { LineOffsets } from '../text-offsets.js';
import { Turns } from '../turns.js';
import { TimedOut } from './lsp-child.js';
import { OxlintRules, type RuleSwitches } from './oxlint-rules.js';
import { type LspDiagnostic, OxlintServer } from './oxlint-server.js';

/** A file of 100 lines takes a millisecond; with ten thousand findings it takes seconds, as oxlint counts lines anew for each. */
const LINT_MS = 5000;
const MAX_BACKOFF_MS = 60_000;
/** A longer pause is not waited for: who asks is told. */
const MAX_WAIT_MS = 2000;

const UNNECESSARY = new Set([
  'no-unused-vars',
  'no-unused-labels',
  'no-unused-private-class-members',
  'no-unreachable',
]);
const DEPRECATED = new Set(['typescript/no-deprecated', 'react/no-deprecated', 'node/no-deprecated-api']);

const PACKAGE = dirname(createRequire(import.meta.url).resolve('oxlint/package.json'));

/**
 * JavaScript and TypeScript by oxlint, in a child process that is started when it is first needed. A finding's code is the
 * rule's name in oxlint's configuration (`OxlintRules`), `TS(1036)` for what TypeScript forbids, and none for an error of
 * syntax. Its `correctness` rules are on, as warnings; a rule that is switched on warns too; those of `import` cannot be
 * switched on. When the child dies, the text is shown to a new one once more.
 */
export class OxlintAnalyzer extends Linter {
  override readonly source = 'oxlint';
  protected override readonly extensions = new Set(
    ['js', 'jsx', 'ts', 'tsx', 'mjs', 'cjs', 'mts', 'cts', 'vue', 'svelte', 'astro'].map((name) => `.${name}`),
  );
  private readonly script: string;
  private readonly lintMs: number;
  private readonly turns = new Turns();
  private readonly stopping = new AbortController();
  private knownRules: OxlintRules | undefined;
  private server: OxlintServer | undefined;
  private failures = 0;
  private notBefore = 0;

  constructor({ script, lintMs }: { script?: string; lintMs?: number } = {}) {
    super();
    this.script = script ?? join(PACKAGE, 'bin', 'oxlint');
    this.lintMs = lintMs ?? LINT_MS;
  }

  /** Of the child; undefined when there is none. */
  get pid(): number | undefined {
    return this.server?.child.isAlive ? this.server.child.pid : undefined;
  }

  protected override async look(input: AnalysisInput, signal: AbortSignal): Promise<Finding[]> {
    this.knownRules ??= OxlintRules.ofPackage(join(PACKAGE, 'configuration_schema.json'));
    const switches = this.knownRules.switches(input.rules);
    if (switches.isOff) return [];
    const { path, text } = input;
    // Behind a byte order mark oxlint does not see the script of an Astro file.
    const hidden = path.endsWith('.astro') && text.startsWith('\ufeff') ? 1 : 0;
    const shown = text.slice(hidden);
    const found = await this.turns.take(() => this.diagnose(baseNameOf(path), shown, switches), signal);
    const findings = toFindings(found, shown, this.knownRules).map((finding) => ({
      ...finding,
      start: finding.start + hidden,
      end: finding.end + hidden,
    }));
    return finish(findings, text.length, (code) => switches.isOn(code));
  }

  protected override async end(): Promise<void> {
    this.stopping.abort(new Error('oxlint is closed'));
    await this.server?.close();
    await this.turns.settled();
  }

  private async diagnose(name: string, text: string, switches: RuleSwitches): Promise<LspDiagnostic[]> {
    for (let attempt = 1; ; attempt++) {
      const server = await this.started();
      try {
        const found = await server.diagnose(name, text, switches.configuration, this.lintMs);
        this.failures = 0;
        return found;
      } catch (error) {
        this.stopping.signal.throwIfAborted();
        if (server.child.isAlive) throw error;
        this.backOff();
        if (error instanceof TimedOut || attempt === 2) throw new GaveUp(`oxlint: ${message(error)}`, { cause: error });
      }
    }
  }

  private async started(): Promise<OxlintServer> {
    this.stopping.signal.throwIfAborted();
    if (this.server?.child.isAlive) return this.server;
    await this.server?.close();
    const wait = this.notBefore - performance.now();
    if (wait > MAX_WAIT_MS) throw new Error(`oxlint does not stay up; the next try is in ${Math.ceil(wait / 1000)} s`);
    if (wait > 0) await delay(wait, undefined, { signal: this.stopping.signal });
    this.server = new OxlintServer(this.script);
    try {
      await this.server.initialize();
    } catch (error) {
      await this.server.close();
      this.backOff();
      throw new Error(`oxlint does not start: ${message(error)}`, { cause: error });
    }
    return this.server;
  }

  private backOff(): void {
    this.failures++;
    const pause = this.failures === 1 ? 0 : Math.min(50 * 2 ** this.failures, MAX_BACKOFF_MS);
    this.notBefore = performance.now() + pause;
  }
}

function toFindings(found: readonly LspDiagnostic[], text: string, rules: OxlintRules): Finding[] {
  const offsets = new LineOffsets(text);
  return found.flatMap(({ range: { start, end }, severity, code, codeDescription, message }): Finding[] => {
    if (code === undefined || code === null) return [];
    const name = code === '' ? undefined : (rules.nameOf(code) ?? code);
    return [
      {
        start: offsets.at(start.line, start.character),
        end: offsets.at(end.line, end.character),
        severity,
        code: name,
        href: codeDescription?.href,
        message,
        tags: tagsOf(name),
      },
    ];
  });
}

function tagsOf(name: string | undefined): Finding['tags'] {
  if (name === undefined) return undefined;
  return UNNECESSARY.has(name) ? [1] : DEPRECATED.has(name) ? [2] : undefined;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
