import { type Diagnostic, PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs';
import type { Finding } from '../../../core/ai/analyzer.js';
import { finish } from '../findings.js';
import { baseNameOf } from '../linter.js';
import { LineOffsets } from '../text-offsets.js';
import type { LintRequest } from './thread-task.js';

/** Ruff in the worker thread. */

type Switches = LintRequest['rules'];

/**
 * Syntax, Pyflakes (undefined names, unused imports and variables), the errors of Pylint, Bugbear, and escapes that Python
 * warns of itself.
 */
const SELECTED = ['E9', 'F', 'PLE', 'B', 'W605'];
/** Of Bugbear: those that are a matter of taste, or that FastAPI's and Typer's own style breaks (B008). */
const OPINIONS = ['B007', 'B008', 'B009', 'B010', 'B011', 'B017', 'B024', 'B027', 'B028', 'B904', 'B905'];
/** The module does not know what it reads: in an `__init__.py` imports are exports. */
const NOT_IN_PACKAGES = ['F401'];
/** In a stub they are too, and names may be used before their class. */
const NOT_IN_STUBS = ['F401', 'F811', 'F821', 'F822', 'B'];

/** As Ruff's own language server has it; all else is a warning. */
const ERRORS = new Set(['invalid-syntax', 'F821', 'E902']);
const SELECTOR = /^[A-Z]{1,6}[0-9]{0,4}$/;
const MAX_WORKSPACES = 16;
const workspaces = new Map<string, Workspace>();

export function lint({ path, text, rules }: LintRequest): Finding[] {
  const offsets = new LineOffsets(text);
  const found: Diagnostic[] = workspaceFor(path, rules).check(text);
  return finish(
    found.map((diagnostic) => toFinding(diagnostic, offsets)),
    text.length,
    (code) => isOn(rules, code),
  );
}

function toFinding(diagnostic: Diagnostic, offsets: LineOffsets): Finding {
  const { code, message, tags, start_location: start, end_location: end } = diagnostic;
  const isRule = code !== null && /^[A-Z]+[0-9]+$/.test(code);
  return {
    start: offsets.at(start.row - 1, start.column - 1),
    end: offsets.at(end.row - 1, end.column - 1),
    severity: ERRORS.has(code ?? 'invalid-syntax') ? 1 : 2,
    code: code ?? 'invalid-syntax',
    // Ruff's site leads from a code to the page, which has the rule's name.
    href: isRule ? `https://docs.astral.sh/ruff/rules/${code}` : undefined,
    message,
    tags: tags.length > 0 ? tags.map((tag) => (tag === 'unnecessary' ? 1 : 2)) : undefined,
  };
}

/** The longest prefix that is switched, before the switch of all. */
function isOn(rules: Switches, code: string | undefined): boolean {
  for (let length = code?.length ?? 0; length > 0; length--) {
    const setting = rules[code!.slice(0, length)];
    if (setting !== undefined) return setting;
  }
  return rules.ruff ?? true;
}

/** Settings are fixed when a workspace is made. One takes 0.5 ms to make, and 0.2 MB. */
function workspaceFor(path: string, rules: Switches): Workspace {
  const switchedOn = Object.keys(rules)
    .filter((name) => rules[name] === true && SELECTOR.test(name))
    .sort();
  const quiet = quietIn(path);
  const key = JSON.stringify([quiet, switchedOn]);
  const workspace = workspaces.get(key) ?? newWorkspace(quiet, switchedOn);
  workspaces.delete(key);
  workspaces.set(key, workspace);
  const [oldest] = workspaces.keys();
  if (workspaces.size > MAX_WORKSPACES && oldest !== undefined) {
    workspaces.get(oldest)?.free();
    workspaces.delete(oldest);
  }
  return workspace;
}

function quietIn(path: string): readonly string[] {
  if (path.toLowerCase().endsWith('.pyi')) return [...OPINIONS, ...NOT_IN_STUBS];
  return baseNameOf(path) === '__init__.py' ? [...OPINIONS, ...NOT_IN_PACKAGES] : OPINIONS;
}

function newWorkspace(quiet: readonly string[], switchedOn: readonly string[]): Workspace {
  const known = switchedOn.filter(isKnown);
  const ignored = quiet.filter((code) => !known.some((name) => code.startsWith(name)));
  const workspace = settings([...SELECTED, ...known], ignored);
  if (workspace === undefined) throw new Error('ruff does not take its settings');
  return workspace;
}

function isKnown(name: string): boolean {
  const workspace = settings([name], []);
  workspace?.free();
  return workspace !== undefined;
}

/** Undefined when Ruff does not know a name. */
function settings(select: readonly string[], ignore: readonly string[]): Workspace | undefined {
  try {
    // Nobody says which Python the project runs on: a newer one's syntax is no mistake.
    return new Workspace({ 'target-version': 'py314', lint: { select, ignore } }, PositionEncoding.Utf16);
  } catch {
    return undefined;
  }
}
