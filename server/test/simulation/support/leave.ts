import type { World } from './world.js';

/** Longer than a room without anybody stays, and the sweep after it. */
const IDLE_MS = 42_000;

/** Everybody goes: nothing may be left of them, and nodes stop in good order. */
export async function leave(world: World): Promise<void> {
  const { loop } = world;
  for (const tab of world.openTabs) await loop.enter(tab.process, () => void tab.close());
  await loop.pass(IDLE_MS);
  for (const { process } of world.tabs.values()) {
    if (process.state === 'running' && process.waiting > 0) {
      world.violate('a timer is left', `${process.waiting} in ${process.name}`);
    }
  }
  for (const node of world.liveNodes) {
    if (node.connections.size > 0) world.violate('a session is left', `${node.connections.size} at ${node.name}`);
    if (node.engine.rooms.size > 0) world.violate('a room is left', `${node.engine.rooms.size} at ${node.name}`);
  }
  const nodes = world.liveNodes;
  for (const index of world.nodes.keys()) await world.stopNode(index);
  await loop.pass(6_000);
  for (const node of world.stopping) world.violate('a node does not stop', node.name);
  for (const { process, name } of nodes) {
    if (process.waiting > 0) world.violate('a timer is left', `${process.waiting} in ${name}`);
  }
}
