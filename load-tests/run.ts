// npm run load: people type into shared documents through stock Socket.IO. Fails unless every key is stored, numbered and
// seen by another client. Settings: README.md.
import type { Report } from './src/artillery.ts';
import { load } from './src/load.ts';
import { keystrokesOf, readSettings, type Settings } from './src/settings.ts';
import { untilInterrupted } from './src/until-interrupted.ts';

await untilInterrupted(async (signal) => {
  const settings = readSettings(process.env);
  const server = settings.url === undefined ? await startServer() : undefined;
  try {
    const { report, faults } = await load(settings.url ?? server?.url ?? '', settings, signal);
    console.log(describe(settings, report));
    for (const fault of faults) console.error(`FAILED  ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
    else console.log('Every key was stored, numbered and received by another client.');
  } finally {
    await server?.stop();
  }
});

/** The built server, with a database of its own in a temporary folder. */
async function startServer() {
  const { startServerProcess } = await import('../server/dist/testing/server-process.js').catch((cause) => {
    throw new Error('Build first: npm run build', { cause });
  });
  return startServerProcess({ env: { DEMO: 'false' } });
}

function describe({ users, documents, ...rest }: Settings, { counters, summaries }: Report): string {
  const row = (what: string, name: string) => {
    const { p50, p95, p99 } = summaries[name] ?? { p50: Number.NaN, p95: Number.NaN, p99: Number.NaN };
    return `  ${what.padEnd(28)} p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`;
  };
  return [
    `\n${users} people in ${documents} documents, ${keystrokesOf({ users, documents, ...rest })} keys each, ${rest.keysPerSecond} a second:`,
    `  ${counters['tandem.stored'] ?? 0} keys stored, ${counters['tandem.received'] ?? 0} received by another client`,
    row('from key to stored', 'tandem.stored_ms'),
    row('from key to another client', 'tandem.received_ms'),
    row('sign-in', 'http.response_time'),
  ].join('\n');
}
