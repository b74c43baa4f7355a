import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stage } from '../artillery/src/stage.ts';
import { installArtillery, runArtillery } from './artillery.ts';
import { loopbackOrigin } from './loopback.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts';
import { setStage } from './set-stage.ts';
import type { Settings } from './settings.ts';
import { backAfter, crashWhenReady } from './storm.ts';
import type { Subject } from './subject.ts';
import { judge, type Report } from './verdict.ts';

export interface Outcome {
  readonly report: Report;
  /** What is wrong; empty for a good run. */
  readonly faults: readonly string[];
}

/** One run against a server, which must be on loopback. Rejects early when `signal` aborts. */
export async function load(
  subject: Subject,
  name: ScenarioName,
  settings: Settings,
  signal: AbortSignal,
): Promise<Outcome> {
  const scenario: Scenario = SCENARIOS[name];
  const origin = await loopbackOrigin(subject.url);
  await installArtillery(signal);
  const dir = mkdtempSync(join(tmpdir(), 'tandem-load-'));
  try {
    const { stage, api } = await setStage(origin, scenario, settings, dir);
    const look = () => Promise.all(stage.documentIds.map((id) => api.document(id)));
    const before = await look();
    const report = await (name === 'storm' ? storm : runArtillery)(name, settings, stage, signal, subject);
    const after = await look();
    return { report, faults: judge(scenario, settings, { report, before, after }) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same, and the server is killed once everybody is there. */
async function storm(
  name: ScenarioName,
  settings: Settings,
  stage: Stage,
  signal: AbortSignal,
  { crash }: Subject,
): Promise<Report> {
  if (!crash) throw new Error('This scenario kills the server: it cannot be one that runs already');
  const waitMs = (settings.rampSeconds + settings.settleSeconds + 30) * 1000;
  const [report, listeningAt] = await Promise.all([
    runArtillery(name, settings, stage, signal),
    crashWhenReady(stage.dir, settings.users, waitMs, crash),
  ]);
  if (listeningAt === undefined) return report;
  const max = backAfter(stage.dir, listeningAt);
  return { ...report, summaries: { ...report.summaries, back: { p50: max, p95: max, p99: max, max } } };
}
