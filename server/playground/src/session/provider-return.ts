import type { SignInFailure } from '@tandem/protocol/http';
import { readStored, writeStored } from '../base/storage.js';
import { BROWSER_KEY } from './providers.js';

/** What the browser has brought back from an identity provider. */
export type ProviderReturn =
  | { readonly kind: 'signed-in' | 'linked'; readonly code: string; readonly browserKey: string }
  | { readonly kind: 'failed'; readonly words: string };

const WORDS: Record<SignInFailure, string> = {
  denied: 'The sign-in was cancelled.',
  expired: 'The sign-in took too long, or was begun in another tab. Try again.',
  failed: 'The identity provider and this server do not understand each other. Try again, or tell who runs it.',
  unavailable: 'The identity provider cannot be reached right now. Try again in a moment.',
};

/** Taken out of the address bar at once, as the printed link is; the key is good for one way there and back. */
export function takeProviderReturn(): ProviderReturn | undefined {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const failure = fragment.get('sign-in-failed');
  const kind = fragment.has('linked') ? 'linked' : 'signed-in';
  const code = fragment.get(kind);
  if (failure === null && code === null) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  const browserKey = readStored<string>(sessionStorage, BROWSER_KEY);
  writeStored(sessionStorage, BROWSER_KEY, undefined);
  if (code !== null && browserKey !== undefined) return { kind, code, browserKey };
  const reason = failure !== null && Object.hasOwn(WORDS, failure) ? (failure as SignInFailure) : 'expired';
  return { kind: 'failed', words: WORDS[reason] };
}
