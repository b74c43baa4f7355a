// npm run bench:compare: Tandem beside other servers for shared editing, the same workload in one run. README.md says what
// the columns mean. For tuning, after `npm run build:ts`:
//   node load-tests/compare/main.ts --servers=tandem,tandem-packed,hocuspocus-sqlite,ws-relay --workloads=w1
//     --measures=saturated --rounds=1 --seconds=3
// --servers    tandem,tandem-packed,hocuspocus-sqlite,hocuspocus,y-websocket,y-socket.io,yardstick,ws-relay
// --workloads  w1 (1 document x 100 writers), w2 (1 x 10), w3 (500 x 2)
// --measures   saturated,rate,fixed,memory
// --rounds=5   medians; --seconds=5 of each load; --window=n updates under way of each writer; --check fails below the targets
import { untilInterrupted } from '../src/until-interrupted.ts';
import { CONTESTANTS, type ContestantName, type Running } from './contestants.ts';
import { installOthers } from './install.ts';
import { fixedLoad } from './measures/fixed.ts';
import { idleMemory } from './measures/memory.ts';
import { highestRate } from './measures/rate.ts';
import { saturated } from './measures/saturated.ts';
import { validate } from './measures/validate.ts';
import { type Options, readOptions } from './options.ts';
import { pin, twoCores } from './processor-time.ts';
import { report } from './report.ts';
import { type Figures, type Measure, Results } from './results.ts';
import { missed } from './targets.ts';
import { checkKeystrokes } from './wire/keystrokes.ts';
import { WORKLOADS, type Workload, type WorkloadName } from './workloads.ts';

type Cell = readonly [Measure, WorkloadName | undefined, ContestantName];

await untilInterrupted(async (signal) => {
  const options = readOptions();
  installOthers();
  checkKeystrokes();
  const cores = twoCores();
  console.error(
    cores
      ? `Servers on processor ${cores.server}; the driver and PostgreSQL on processor ${cores.driver}.`
      : 'Two processors or taskset are missing: nothing is pinned.',
  );
  const results = new Results();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')));
  });
  aborted.catch(() => {});

  for (const server of options.servers) {
    await withServer(server, aborted, async (running) => {
      await validate(running);
      console.error(`${server}: replicas of real clients and hand-written peers are the same`);
    });
  }
  for (let round = 1; round <= options.rounds; round++) {
    for (const cell of cellsOf(options)) {
      const [measure, name, server] = cell;
      const what = `round ${round}, ${[measure, name, server].filter(Boolean).join(' ')}`;
      try {
        const figures = await measureCell(cell, options, aborted, cores?.server);
        results.add(measure, name, server, figures);
        console.error(`${what}: ${brief(figures)}`);
      } catch (error) {
        if (signal.aborted) throw error;
        results.failures.push(`${what}: ${error instanceof Error ? error.message : error}`);
        console.error(`FAILED  ${results.failures.at(-1)}`);
      }
    }
  }
  console.log(report(results));
  const wrong = [...results.failures, ...(options.check ? missed(results) : [])];
  for (const line of wrong) console.error(`FAILED  ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
});
// The provider of y-socket.io leaves a BroadcastChannel open, which would keep this process.
process.exit();

/** Servers take turns within a workload, so that what the machine does meanwhile meets all of them. */
function cellsOf({ measures, workloads, servers }: Options): Cell[] {
  return measures.flatMap((measure): Cell[] => {
    const of = (name: WorkloadName | undefined) => servers.map((server): Cell => [measure, name, server]);
    if (measure === 'memory') return of(undefined);
    return workloads.filter((name) => measure !== 'fixed' || 'fixedRate' in WORKLOADS[name]).flatMap(of);
  });
}

async function measureCell(
  [measure, name, server]: Cell,
  { seconds, window }: Options,
  aborted: Promise<never>,
  core: number | undefined,
): Promise<Figures> {
  const workload: Workload | undefined = name && { ...WORKLOADS[name], ...(window ? { window } : {}) };
  const { keeps } = CONTESTANTS[server];
  return withServer(server, aborted, async (running, restart) => {
    if (core !== undefined) pin(running.pid, core);
    if (!workload) return idleMemory(running);
    if (measure === 'saturated') return saturated(running, workload, seconds, keeps);
    if (measure === 'fixed') return fixedLoad(running, workload, seconds);
    return highestRate(running, workload, async () => {
      const fresh = await restart();
      if (core !== undefined) pin(fresh.pid, core);
      return fresh;
    });
  });
}

/** A fresh server, which is stopped whatever happens; `restart` replaces it by another one. */
async function withServer<T>(
  server: ContestantName,
  aborted: Promise<never>,
  use: (running: Running, restart: () => Promise<Running>) => Promise<T>,
): Promise<T> {
  const contestant = CONTESTANTS[server];
  let running = await contestant.start();
  const restart = async () => {
    await running.stop();
    running = await contestant.start();
    return running;
  };
  try {
    return await Promise.race([use(running, restart), aborted]);
  } finally {
    await running.stop();
  }
}

function brief(figures: Figures): string {
  return Object.entries(figures)
    .filter(([, value]) => Number.isFinite(value))
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join(', ');
}
