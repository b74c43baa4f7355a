import type { DocumentProvider } from '@tandem/protocol/client';
import type { World } from './world.js';

/** Longer than y-protocols and the server keep a cursor that nobody renews. */
const FORGOTTEN_MS = 36_000;

/** Whether everybody sees everybody, and nobody who is gone. */
export async function judgePresence(world: World): Promise<void> {
  if (!world.plan.presence) return;
  await world.loop.pass(FORGOTTEN_MS);
  for (const documentId of world.documentIds) {
    const here = world.openTabs.flatMap(({ process, providers }) =>
      [...providers.values()]
        .filter((provider) => provider.documentId === documentId)
        .map((provider) => ({ process, provider })),
    );
    const everybody = here.map(({ provider }) => provider.awareness.clientID);
    for (const { process, provider } of here) compare(world, process.name, provider, everybody);
  }
}

function compare(world: World, name: string, { awareness }: DocumentProvider, everybody: readonly number[]): void {
  const seen = new Set(awareness.getStates().keys());
  const ghosts = [...seen].filter((id) => !everybody.includes(id));
  const missing = everybody.filter((id) => !seen.has(id));
  if (ghosts.length > 0) world.violate('a cursor of nobody', `${ghosts.join(', ')} for ${name}`);
  if (missing.length > 0) world.violate('a cursor is not seen', `${missing.join(', ')} by ${name}`);
  world.coverage.note('cursors were looked at');
}
