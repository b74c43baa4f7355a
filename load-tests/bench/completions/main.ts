// npm run bench:completions: what Tandem adds to a provider's first token and to each one after it, beside a bare relay.
// `-- --short` for a look, `-- --check` to fail when a target is missed. README.md, "Completions".
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { cpuMsOf } from './cpu.ts';
import { drive, PAUSE_MS } from './drive.ts';
import { Figures } from './figures.ts';
import { ProviderProcess } from './provider-process.ts';
import { missedTargets, toTable } from './report.ts';
import { STREAM_MS } from './script.ts';
import { bareRelay, hasRedis, type Subject, straight, tandem } from './subjects.ts';

/** So many that 50 of them have a stream at any time: the others pause. */
const ASKERS = Math.round((50 * (STREAM_MS + PAUSE_MS)) / STREAM_MS);
const CANCELS = 200;
/** Before each round: threads, connections and caches that have gone cold meanwhile. */
const WARM_UP = 100;

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
});
// The subjects take turns, so that a noisy minute of the machine is nobody's alone.
const rounds = values.short ? 1 : 4;
const streams = values.short ? 300 : 500;

const provider = await ProviderProcess.start();
const subjects: Subject[] = [];
try {
  subjects.push(await straight(ASKERS, provider.url), await bareRelay(ASKERS, provider.url));
  subjects.push(await tandem(ASKERS, provider.url, 'PostgreSQL'));
  if (hasRedis()) subjects.push(await tandem(ASKERS, provider.url, 'Redis'));
  const figures = subjects.map(({ name }) => new Figures(name));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) await measure(subject, figures[index]!);
  }
  for (const [index, { askers }] of subjects.entries()) {
    await drive(askers, provider, WARM_UP);
    figures[index]!.addCancelled(await drive(askers, provider, CANCELS, true));
  }
  for (let n = provider.repeated; n > 0; n -= 1) figures[0]!.fault('came to the provider twice');
  console.log(`Load average ${loadavg()[0]!.toFixed(1)}, ${availableParallelism()} cores, Node ${process.version}\n`);
  console.log(toTable(figures));
  const missed = missedTargets(figures);
  if (!hasRedis()) missed.push('redis-server is not installed (on Debian: apt-get install redis-server)');
  for (const line of missed) console.log(`MISSED  ${line}`);
  if (missed.length === 0) console.log('All targets are met.');
  else if (values.check) process.exitCode = 1;
} finally {
  for (const { askers } of subjects) for (const asker of askers) asker.close();
  for (const { stop } of subjects) await stop();
  await provider.stop();
}

async function measure(subject: Subject, figures: Figures): Promise<void> {
  await drive(subject.askers, provider, WARM_UP);
  const cpu = () => Promise.all(Object.values(subject.pids).map(cpuMsOf));
  const before = await cpu();
  const done = await drive(subject.askers, provider, streams);
  const after = await cpu();
  for (const [n, name] of Object.keys(subject.pids).entries()) figures.addCpu(name, after[n]! - before[n]!);
  figures.add(done, await subject.contexts?.(done.map(({ answer }) => answer.completionId ?? '')));
}
