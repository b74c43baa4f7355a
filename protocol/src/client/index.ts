export { TandemError } from '../errors.js';
export * from './api/session-store.js';
export { TandemApi, type TandemApiOptions } from './api/tandem-api.js';
export { type Clock, systemClock } from './clock.js';
export type { Dial, WireListener, WireSocket } from './connection/dial.js';
export {
  DocumentProvider,
  type ProviderEvents,
  type ProviderStatus,
  type Replaced,
} from './document/document-provider.js';
export { IndexedDbOutbox, type IndexedDbOutboxOptions } from './outbox/indexeddb-outbox.js';
export { MemoryOutbox } from './outbox/memory-outbox.js';
export type { OutboxChange, OutboxEntry, OutboxKey, OutboxLane, OutboxStore } from './outbox/outbox-store.js';
export { type ClientEvents, type ClientStatus, TandemClient, type TandemClientOptions } from './tandem-client.js';
