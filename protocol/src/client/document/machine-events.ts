import type { ErrorCode, TandemError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { OpenCompletion } from '../../wire/completion.js';
import type {
  DocumentOpenAnswer,
  DocumentResyncEvent,
  DocumentUpdateAnswer,
  DocumentUpdateEvent,
} from '../../wire/document.js';
import type { Role } from '../../wire/fields.js';
import type { Provenance } from '../../wire/provenance.js';
import type { OutboxChange, OutboxEntry } from '../outbox/outbox-store.js';
import type { GatheredEdits } from './local-edits.js';

/** What happens to a document: told to `DocumentMachine.step`. */
export type MachineEvent =
  /** The outbox was read; `entries` are what earlier sessions left. */
  | { readonly type: 'loaded'; readonly entries: readonly OutboxEntry[] }
  | { readonly type: 'connected'; readonly limits: Limits }
  | { readonly type: 'disconnected' }
  | ({ readonly type: 'edited' } & GatheredEdits)
  | { readonly type: 'opened'; readonly request: number; readonly answer: DocumentOpenAnswer }
  | { readonly type: 'stored'; readonly request: number; readonly answer: DocumentUpdateAnswer }
  /** Of an open or an update, told apart by the request. */
  | { readonly type: 'refused'; readonly request: number; readonly error: TandemError }
  | ({ readonly type: 'frame' } & DocumentUpdateEvent)
  | { readonly type: 'piece'; readonly piece: number; readonly bytes: Uint8Array }
  | ({ readonly type: 'resync' } & DocumentResyncEvent)
  | { readonly type: 'server-status'; readonly state: 'ok' | 'stalled' | 'closed'; readonly reopen?: true }
  | { readonly type: 'role'; readonly role: Role }
  | { readonly type: 'reset'; readonly epoch: number }
  /** The time of `wakeAt` has come. */
  | { readonly type: 'tick' }
  | { readonly type: 'destroy' };

/** What the shell does about it, in this order. */
export type Effect =
  /** Send `document:open`; the shell adds state vector, client id and instance of its `Y.Doc`. */
  | { readonly type: 'open'; readonly request: number; readonly seq?: number; readonly epoch?: number }
  | {
      readonly type: 'send';
      readonly request: number;
      readonly update: Uint8Array;
      readonly provenance?: Provenance;
    }
  /** Send what the server's state lacks of our own (V2); the shell makes it from its `Y.Doc`. */
  | {
      readonly type: 'send-missing';
      readonly request: number;
      readonly stateVector: Uint8Array;
      readonly clientIds: ReadonlySet<number>;
      readonly provenance?: Provenance;
    }
  | { readonly type: 'close' }
  | { readonly type: 'apply'; readonly update: Uint8Array }
  | { readonly type: 'write-outbox'; readonly change: OutboxChange }
  /** A new client id for the same `Y.Doc`, under which nothing was written yet. */
  | { readonly type: 'rename' }
  /** Freeze the `Y.Doc` and go on with a new one. */
  | { readonly type: 'replace'; readonly reason: ErrorCode; readonly lost: boolean }
  /** The document is open: show the others, and oneself anew. */
  | {
      readonly type: 'arrive';
      readonly awareness?: Uint8Array;
      readonly completions: readonly OpenCompletion[];
    }
  /** Nobody else can be seen any more. */
  | { readonly type: 'leave' };
