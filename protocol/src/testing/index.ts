export { FakeAi, type FakeFinding } from './fake-ai.js';
export { FakeCompletion } from './fake-completion.js';
export { FakeConnection } from './fake-connection.js';
export { FakeDocument } from './fake-document.js';
export { breathe, FakeServer } from './fake-server.js';
export { ManualClock } from './manual-clock.js';
export type { Refusal } from './refusal.js';
export { type SeededRandom, seededRandom, withSeeds } from './seeded-random.js';
export { shrinkList } from './shrink-list.js';
