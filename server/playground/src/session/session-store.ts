import type { SessionStore, TokenSession } from '@tandem/protocol/client';
import { readStored, writeStored } from '../base/storage.js';

const KEY = 'tandem.session';
/** Within this time, in milliseconds, a message to another tab has arrived. */
const NEWS_MS = 25;

const read = (storage: Storage) => readStored<TokenSession>(storage, KEY);

/**
 * A guest who came by a link belongs to this tab: a second window is another person, and a reload is the same one.
 * Somebody with an account is signed in in every tab. A tab stays with the person it has, whoever signs in elsewhere.
 */
export function playgroundSessionStore(): SessionStore {
  let ownerId: string | undefined;

  // A duplicated tab is the same guest with a copy of the session: it must learn when the refresh token was used.
  const siblings = new BroadcastChannel(KEY);
  siblings.addEventListener('message', ({ data }: MessageEvent<TokenSession>) => {
    if (data.user.id === ownerId && read(sessionStorage)) writeStored(sessionStorage, KEY, data);
  });

  const load = (): TokenSession | undefined => {
    const found = [read(sessionStorage), read(localStorage)].find(
      (session) => session && (ownerId === undefined || session.user.id === ownerId),
    );
    ownerId ??= found?.user.id;
    return found;
  };

  const save = (session: TokenSession | undefined): void => {
    if (!session) {
      for (const storage of [sessionStorage, localStorage]) {
        if (read(storage)?.user.id === ownerId) writeStored(storage, KEY, undefined);
      }
      ownerId = undefined;
      return;
    }
    const signingIn = ownerId !== session.user.id;
    ownerId = session.user.id;
    const elsewhere = read(localStorage);
    const isTaken = !signingIn && elsewhere !== undefined && elsewhere.user.id !== ownerId;
    const isThisTab = session.user.kind === 'guest' || isTaken;
    writeStored(isThisTab ? sessionStorage : localStorage, KEY, session);
    if (isThisTab) siblings.postMessage(session);
    else writeStored(sessionStorage, KEY, undefined);
  };

  // A refresh token is used once, so tabs that share a session take turns, with a moment for the news to arrive.
  const exclusive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!navigator.locks) return work();
    return navigator.locks.request(`${KEY}.${ownerId ?? ''}`, async () => {
      await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
      return work();
    });
  };

  return { load, save, exclusive };
}
