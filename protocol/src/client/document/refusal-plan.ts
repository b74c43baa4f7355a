import type { TandemError } from '../../errors.js';
import { retryDelay } from '../connection/retry-delay.js';

/** What a refusal makes the client do. */
export type Plan =
  /** Freeze the document; `lost`: its waiting edits cannot be delivered. */
  | { readonly do: 'replace'; readonly lost: boolean }
  | { readonly do: 'rename' }
  /** Give the document up until the next connection. */
  | { readonly do: 'refuse' }
  /** Keep the edits and send nothing until the role returns. */
  | { readonly do: 'hold'; readonly askAfterMs: number }
  | { readonly do: 'send-again'; readonly afterMs: number }
  | { readonly do: 'send-missing'; readonly stateVector: Uint8Array }
  /** `missing`: once open, send what the server lacks instead of the waiting edits. */
  | { readonly do: 'open-again'; readonly afterMs: number; readonly missing: boolean };

/** How long edits of an earlier session wait for its half-open socket to time out (server ping: 25 s + 20 s). */
export const INHERITED_PATIENCE_MS = 90_000;
const INHERITED_RETRY_MS = 5_000;

interface OpenContext {
  readonly edited: boolean;
  readonly failures: number;
  /** From 0 to below 1. */
  readonly random: number;
}

export const planForOpen = (error: TandemError, { edited, failures, random }: OpenContext): Plan => {
  if (error.code === 'client_id_taken' && failures < 5)
    return edited ? { do: 'replace', lost: false } : { do: 'rename' };
  // By chance the id of somebody else: what was written under it is nobody's, and stays with its author.
  if (error.code === 'not_your_client_id') return edited ? { do: 'replace', lost: true } : { do: 'rename' };
  if (error.code === 'epoch_mismatch') return { do: 'replace', lost: true };
  if (error.retry === 'never' && error.code !== 'client_id_taken') return { do: 'refuse' };
  return { do: 'open-again', afterMs: retryDelay(error, failures, random), missing: false };
};

interface UpdateContext {
  readonly seq: number;
  readonly failures: number;
  /** From 0 to below 1. */
  readonly random: number;
  /** Resynced often enough without success. */
  readonly hopeless: boolean;
  /** Since when edits of an earlier session are refused; undefined for own ones. */
  readonly inheritedForMs: number | undefined;
  /** Brought back what the server had lost, which others may have to complete first. */
  readonly isHealing: boolean;
}

export const planForUpdate = (error: TandemError, context: UpdateContext): Plan => {
  const { seq, failures, random, hopeless, inheritedForMs, isHealing } = context;
  const delayMs = retryDelay(error, failures, random);
  if (error.code === 'forbidden') return { do: 'hold', askAfterMs: Math.max(2_000, delayMs) };
  if (error.code === 'not_found') return { do: 'refuse' };
  if (isHealing && error.code !== 'epoch_mismatch') return { do: 'open-again', afterMs: delayMs, missing: false };
  if (error.code === 'gap_resync') {
    if (hopeless) return { do: 'replace', lost: true };
    const stateVector = error.details?.stateVector;
    const head = error.details?.seq;
    // A head below what we have seen is a restored server (V5): the next open says so.
    const behind = typeof head === 'number' && head < seq;
    if (stateVector instanceof Uint8Array && !behind) return { do: 'send-missing', stateVector };
    return { do: 'open-again', afterMs: 0, missing: true };
  }
  if (error.code === 'client_id_taken' && inheritedForMs !== undefined && inheritedForMs < INHERITED_PATIENCE_MS) {
    return { do: 'send-again', afterMs: INHERITED_RETRY_MS };
  }
  if (error.retry === 'never') return { do: 'replace', lost: true };
  if (error.retry === 'resync') {
    const first = error.code === 'not_open' && failures === 0;
    return { do: 'open-again', afterMs: first ? 0 : delayMs, missing: false };
  }
  return { do: 'send-again', afterMs: error.retry === 'now' && failures === 0 ? 0 : delayMs };
};
