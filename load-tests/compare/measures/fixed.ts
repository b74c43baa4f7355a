import { setTimeout as delay } from 'node:timers/promises';
import { BareCommit } from '../../bench/bare-commit.ts';
import type { Running } from '../contestants.ts';
import { residentBytes } from '../processor-time.ts';
import { writeKeystroke } from '../wire/keystrokes.ts';
import type { Workload } from '../workloads.ts';
import { drain, openSession, type Session } from './session.ts';
import { typeAtRate } from './typing.ts';
import { startUsage } from './usage.ts';

const WARM_UP_MS = 2000;
const DRAIN_MS = 10_000;
const MIB = 1024 * 1024;

/** Everybody types at their own pace, the same with every server. */
export async function fixedLoad(running: Running, workload: Workload, seconds: number) {
  const session = await openSession(running, workload);
  const { ledger, peers } = session;
  const rate = peers.length * (workload.fixedRate ?? 1);
  try {
    await typeAtRate(peers, rate, WARM_UP_MS, 'sent');
    await drain(session, DRAIN_MS);
    ledger.toAck.clear();
    ledger.toOther.clear();
    const stop = startUsage(running, ledger);
    await typeAtRate(peers, rate, seconds * 1000, 'sent');
    await drain(session, DRAIN_MS);
    const { server, database, delivered } = stop();
    const { toAck, toOther } = ledger;
    const memory = residentBytes(running.pid) / MIB;
    const bare = running.database ? await bareCommit(running.database.url, session, rate, seconds) : undefined;
    return {
      ackP50: toAck.quantile(0.5),
      ackP99: toAck.quantile(0.99),
      otherP50: toOther.quantile(0.5),
      otherP99: toOther.quantile(0.99),
      serverPerMillion: (server / delivered) * 1e6,
      perMillion: ((server + database) / delivered) * 1e6,
      memory,
      bareP50: bare?.quantile(0.5) ?? Number.NaN,
      bareP99: bare?.quantile(0.99) ?? Number.NaN,
    };
  } finally {
    session.close();
  }
}

/** The same rows at the same times, to the same PostgreSQL, by one self-clocking writer and nothing else. */
async function bareCommit(url: string, { peers, rooms }: Session, rate: number, seconds: number) {
  const [room] = rooms;
  const bytes = Buffer.alloc(64);
  const about = { client: room!.firstClient, seedClient: room!.seedClient, place: 0 };
  const row = Buffer.from(bytes.subarray(0, writeKeystroke(bytes, about, 1000)));
  const bare = new BareCommit(url);
  await bare.start();
  try {
    const period = (peers.length / rate) * 1000;
    const phases = peers.map(() => Math.random() * period).sort((a, b) => a - b);
    const start = performance.now();
    const writes: Promise<number>[] = [];
    for (let n = 0; ; n++) {
      const due = Math.floor(n / phases.length) * period + phases[n % phases.length]!;
      if (due >= seconds * 1000) break;
      while (performance.now() - start < due) await delay(1);
      writes.push(bare.write(row));
    }
    await Promise.all(writes);
    return bare.samples;
  } finally {
    await bare.stop();
  }
}
