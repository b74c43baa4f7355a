// The built server, which tells on SIGUSR2 what it holds after a garbage collection: one line of JSON on stdout.
import v8 from 'node:v8';
import vm from 'node:vm';
import { Room } from '../../../dist/core/document/room/room.js';
import { RoomSession } from '../../../dist/core/document/room/room-session.js';
import { Connection } from '../../../dist/platform/sockets/connection.js';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');

function counted(names) {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

process.on('SIGUSR2', () => {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const kinds = { Room, RoomSession, Connection, Function };
  // Functions: whoever listens to an event, or waits for a timer, is one.
  const objects = Object.entries(kinds).map(([name, kind]) => [name, v8.queryObjects(kind, { format: 'count' })]);
  const resources = counted(process.getActiveResourcesInfo());
  const held = { heapBytes: heapUsed + external, rss, resources, objects: Object.fromEntries(objects) };
  process.stdout.write(`\nwatched ${JSON.stringify(held)}\n`);
});

await import('../../../dist/main.js');
