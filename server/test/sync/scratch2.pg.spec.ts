import { it } from '@jest/globals';
import { SyncWorld } from '../support/sync-world.js';
it('numeric event', async () => {
  const world = await SyncWorld.start();
  process.on('uncaughtException', (e) => console.log('UNCAUGHT', e.message));
  const ada = await world.person('Ada');
  const c = await world.connect(ada);
  console.log(await c.askRaw(5, {}).catch((e) => String(e)));
  await world.stop();
}, 25_000);
