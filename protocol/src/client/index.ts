export { TandemError } from '../errors.js';
export { AnalysisRun, type AnalysisRunEvents, type AnalysisState } from './ai/analysis-run.js';
export { AutoComplete, type AutoCompleteOptions, type AutoCompletePort } from './ai/auto-complete.js';
export {
  type CompletionOutcome,
  type CompletionStatus,
  CompletionStream,
  type CompletionStreamEvents,
} from './ai/completion-stream.js';
export type { CompleteOptions } from './ai/completions.js';
export { Diagnostics, type DiagnosticsEvents, type ResolvedDiagnostic } from './ai/diagnostics.js';
export type { Suggestion, SuggestionsEvents } from './ai/suggestion.js';
export { Suggestions } from './ai/suggestions.js';
export type { CompletionDelta } from './ai/transcript.js';
export { AccountApi } from './api/account-api.js';
export { FactorsApi } from './api/factors-api.js';
export { HistoryApi, type HistoryMoment } from './api/history-api.js';
export { IdentitiesApi, newBrowserKey } from './api/identities-api.js';
export * from './api/session-store.js';
export { SessionsApi } from './api/sessions-api.js';
export { TandemApi, type TandemApiOptions } from './api/tandem-api.js';
export { type Clock, systemClock } from './clock.js';
export type { Dial, WireListener, WireSocket } from './connection/dial.js';
export type { TokenSource } from './connection/identity.js';
export { DocumentProvider } from './document/document-provider.js';
export type { ProviderEvents, ProviderStatus, Replaced } from './document/provider-events.js';
export { IndexedDbOutbox, type IndexedDbOutboxOptions } from './outbox/indexeddb-outbox.js';
export type { KeptText } from './outbox/kept-text.js';
export { MemoryOutbox } from './outbox/memory-outbox.js';
export type { OutboxChange, OutboxEntry, OutboxKey, OutboxLane, OutboxStore } from './outbox/outbox-store.js';
export { type ClientEvents, type ClientStatus, TandemClient, type TandemClientOptions } from './tandem-client.js';
