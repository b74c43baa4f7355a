import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../contestants.ts';
import { RawSocket } from '../wire/raw-socket.ts';
import type { Workload } from '../workloads.ts';
import { checkHeld, drain, fill, openSession } from './session.ts';
import { startUsage } from './usage.ts';

const WARM_UP_MS = 2000;
const DRAIN_MS = 60_000;

/** Every writer keeps a window of updates under way. Rejects unless all are acknowledged and arrive everywhere in the end. */
export async function saturated(running: Running, workload: Workload, seconds: number, keeps: boolean) {
  const session = await openSession(running, workload);
  const { ledger, peers } = session;
  try {
    ledger.onRoom = (peer) => fill(peer, workload.window);
    for (const peer of peers) fill(peer, workload.window);
    RawSocket.flush();
    await delay(WARM_UP_MS);
    ledger.toAck.clear();
    ledger.toOther.clear();
    const stop = startUsage(running, ledger);
    await delay(seconds * 1000);
    const { wall, server, database, driver, sent, delivered } = stop();
    const [ackP50, otherP50] = [ledger.toAck.quantile(0.5), ledger.toOther.quantile(0.5)];
    await drain(session, DRAIN_MS);
    if (keeps) await checkHeld(running, session);
    return {
      edits: sent / wall,
      delivered: delivered / wall,
      /** Delivered for each second of the server's processor time, and counting the database's too. */
      perServerSecond: delivered / server,
      perSecond: delivered / (server + database),
      serverLoad: server / wall,
      databaseLoad: database / wall,
      driverLoad: driver / wall,
      ackP50,
      otherP50,
      resyncs: ledger.resyncs,
    };
  } finally {
    session.close();
  }
}
