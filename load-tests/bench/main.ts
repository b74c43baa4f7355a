// npm run bench: what an edit costs, beside a bare group commit of the same rows to the same PostgreSQL in the same run.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createDataSource } from '../../server/dist/adapters/postgres/data-source.js';
import { PostgresUpdateLog } from '../../server/dist/adapters/postgres/update-log/postgres-update-log.js';
import { BareCommit } from './bare-commit.ts';
import { Editor } from './editor.ts';
import { Samples } from './samples.ts';
import { type Site, startSite } from './site.ts';

const SECONDS = Number(process.env.SECONDS ?? 8);

interface Load {
  readonly name: string;
  readonly documents: number;
  readonly writers: number;
  /** Edits of each writer in a second; as fast as its acks come when absent. */
  readonly rate?: number;
}

const LOADS: Load[] = [
  { name: '1 document, 100 writers, 1 edit/s each', documents: 1, writers: 100, rate: 1 },
  { name: '100 documents, 2 writers each, 2 edits/s each', documents: 100, writers: 2, rate: 2 },
  { name: '1 document, 10 writers, as fast as acks come', documents: 1, writers: 10 },
  { name: '50 documents, 2 writers each, as fast as acks come', documents: 50, writers: 2 },
];

async function editors(site: Site, { documents, writers }: Load): Promise<Editor[]> {
  const { token, projectId } = await site.guest();
  const all: Editor[] = [];
  for (let d = 0; d < documents; d++) {
    const documentId = await site.createDocument(token, projectId, `bench-${randomUUID()}.txt`);
    const group = Array.from({ length: writers }, () => new Editor(site.url, token, documentId));
    await Promise.all(group.map((editor) => editor.open()));
    all.push(...group);
  }
  return all;
}

async function drive(
  count: number,
  rate: number | undefined,
  act: (index: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  const end = start + SECONDS * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      // Spread over the period, so that a fixed load is not a burst.
      if (rate) await delay((index / count / rate) * 1000);
      while (performance.now() < end) {
        const since = performance.now();
        await act(index);
        done++;
        if (rate) await delay(Math.max(0, 1000 / rate - (performance.now() - since)));
      }
    }),
  );
  return (done / (performance.now() - start)) * 1000;
}

async function measure(site: Site, load: Load): Promise<string[]> {
  const all = await editors(site, load);
  const ack = new Samples();
  const other = new Samples();
  const sentAt = new Map<string, number>();
  // One reader in each document measures how long an edit takes to be seen.
  for (const reader of all.filter((_, index) => index % load.writers === 0)) {
    reader.onEdits((ends) => {
      const now = performance.now();
      for (const [client, clock] of ends) {
        const since = sentAt.get(`${client}:${clock}`);
        if (since !== undefined) other.add(now - since);
      }
    });
  }
  const rate = await drive(all.length, load.rate, (index) => {
    const editor = all[index]!;
    sentAt.set(`${editor.doc.clientID}:${editor.clock + 1}`, performance.now());
    return editor.edit(ack);
  });
  const bytes = Buffer.from(all[0]!.type());
  for (const editor of all) editor.close();

  const bare = new BareCommit(site.databaseUrl);
  await bare.start();
  // The same arrivals, as fast as Tandem took them.
  await drive(all.length, rate / all.length, () => bare.write(bytes));
  await bare.stop();
  const ratio = (ack.quantile(0.5) / bare.samples.quantile(0.5)).toFixed(1);
  return [load.name, rate.toFixed(0), `${ack}`, `${other}`, `${bare.samples}`, ratio];
}

/** The log alone: batches of many rows of many documents, no sockets. */
async function storePath(site: Site): Promise<string[]> {
  const { token, projectId } = await site.guest();
  const ids = await Promise.all(
    Array.from({ length: 50 }, () => site.createDocument(token, projectId, `store-${randomUUID()}.txt`)),
  );
  const dataSource = await createDataSource(site.databaseUrl).initialize();
  const log = new PostgresUpdateLog(dataSource);
  const rows = Array.from({ length: 4 }, () => ({
    userId: randomUUID(),
    bytes: Buffer.alloc(30),
    provenance: undefined,
  }));
  const samples = new Samples();
  let stored = 0;
  const rate = await drive(2, undefined, async (lane) => {
    const half = ids.filter((_, index) => index % 2 === lane);
    const since = performance.now();
    await log.append(
      half.map((documentId) => ({ documentId, epoch: 1, accessVersion: 1, rows })),
      lane,
    );
    samples.add(performance.now() - since);
    stored += half.length * rows.length;
  });
  await log.close();
  await dataSource.destroy();
  return [
    'the log alone: 2 lanes, 25 documents x 4 rows a commit',
    (stored / SECONDS).toFixed(0),
    `${samples}`,
    '',
    '',
    `${rate.toFixed(0)} commits/s`,
  ];
}

const site = await startSite();
try {
  const table = [
    [
      'load',
      'edits/s',
      'edit -> ack p50 / p99 ms',
      'edit -> other p50 / p99 ms',
      'bare commit p50 / p99 ms',
      'ack / bare (p50)',
    ],
    ['---', '---:', '---:', '---:', '---:', '---:'],
  ];
  for (const load of LOADS) table.push(await measure(site, load));
  table.push(await storePath(site));
  console.log(table.map((row) => `| ${row.join(' | ')} |`).join('\n'));
} finally {
  await site.stop();
}
