import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installArtillery, type Report, runArtillery } from './artillery.ts';
import { loopbackOrigin } from './loopback.ts';
import { setStage } from './set-stage.ts';
import { keystrokesOf, type Settings } from './settings.ts';
import { judge } from './verdict.ts';

export interface Outcome {
  readonly report: Report;
  /** What is wrong; empty for a good run. */
  readonly faults: readonly string[];
}

/** One run against the server at `url`, which must be on loopback. Rejects early when `signal` aborts. */
export async function load(url: string, settings: Settings, signal: AbortSignal): Promise<Outcome> {
  const origin = await loopbackOrigin(url);
  await installArtillery(signal);
  const dir = mkdtempSync(join(tmpdir(), 'tandem-load-'));
  try {
    const { stage, api } = await setStage(origin, settings);
    const report = await runArtillery(settings, stage, dir, signal);
    const held = await Promise.all(stage.documentIds.map((id) => api.document(id)));
    const faults = judge(report, held, { users: settings.users, keystrokes: keystrokesOf(settings) });
    return { report, faults };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
