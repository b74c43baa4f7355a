import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { FOLDER_PREFIX } from './folder-prefix.js';
import { LspChild } from './lsp-child.js';
import type { OxlintConfiguration } from './oxlint-rules.js';

const position = z.object({ line: z.number(), character: z.number() });
const lspDiagnostic = z.object({
  range: z.object({ start: position, end: position }),
  severity: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]).default(1),
  /** Empty for a syntax error. A remark on another finding has none. */
  code: z.union([z.string(), z.number().transform(String)]).nullish(),
  codeDescription: z.object({ href: z.string() }).nullish(),
  message: z.string(),
});
export type LspDiagnostic = z.infer<typeof lspDiagnostic>;
const report = z.object({ items: z.array(lspDiagnostic) });

const START_MS = 20_000;
const MAX_FOLDERS = 32;

/**
 * One `oxlint --lsp`. Each set of rules has a folder of the workspace, with nothing in it but a configuration: projects
 * with other rules do not disturb each other. Texts are only sent, never written.
 */
export class OxlintServer {
  readonly child: LspChild;
  private readonly root: string;
  private readonly folders = new Map<string, string>();
  private made = 0;

  constructor(script: string) {
    this.root = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
    this.child = new LspChild(script, ['--lsp'], this.root);
  }

  async initialize(): Promise<void> {
    await this.child.request('initialize', INITIALIZE, START_MS);
    this.child.notify('initialized', {});
  }

  /** Ends the child and what is under way. A repeat is safe. */
  async close(): Promise<void> {
    await this.child.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** One at a time: the text is known only while it is looked at. */
  async diagnose(name: string, text: string, rules: OxlintConfiguration, timeoutMs: number): Promise<LspDiagnostic[]> {
    const uri = pathToFileURL(join(this.folderFor(rules), name)).href;
    this.child.notify('textDocument/didOpen', {
      textDocument: { uri, languageId: name.slice(name.lastIndexOf('.') + 1), version: 1, text },
    });
    try {
      const answer = await this.child.request('textDocument/diagnostic', { textDocument: { uri } }, timeoutMs);
      return report.parse(answer).items;
    } finally {
      this.child.notify('textDocument/didClose', { textDocument: { uri } });
    }
  }

  private folderFor(rules: OxlintConfiguration): string {
    const key = JSON.stringify(rules);
    const folder = this.folders.get(key) ?? this.addFolder(rules);
    this.folders.delete(key);
    this.folders.set(key, folder);
    const [oldest] = this.folders;
    if (this.folders.size > MAX_FOLDERS && oldest !== undefined) {
      this.folders.delete(oldest[0]);
      this.changeFolders([], [oldest[1]]);
      rmSync(oldest[1], { recursive: true, force: true });
    }
    return folder;
  }

  private addFolder(rules: OxlintConfiguration): string {
    const folder = join(this.root, String(++this.made));
    mkdirSync(folder);
    writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify(rules));
    this.changeFolders([folder], []);
    return folder;
  }

  private changeFolders(added: readonly string[], removed: readonly string[]): void {
    const named = (folders: readonly string[]) =>
      folders.map((folder) => ({ uri: pathToFileURL(folder).href, name: folder }));
    this.child.notify('workspace/didChangeWorkspaceFolders', {
      event: { added: named(added), removed: named(removed) },
    });
  }
}

/** Findings are asked for: pushed ones would come for a state that nobody named. */
const INITIALIZE = {
  processId: process.pid,
  rootUri: null,
  workspaceFolders: [],
  capabilities: {
    textDocument: { diagnostic: {} },
    workspace: { workspaceFolders: true, diagnostics: { refreshSupport: true } },
  },
};
