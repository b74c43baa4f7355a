import type { User } from '../../http/auth.js';

/** Who is signed in, and until when. */
export interface TokenSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Epoch milliseconds, by this machine's clock. */
  readonly expiresAt: number;
  readonly user: User;
}

/** Where a session outlives the page. */
export interface SessionStore {
  load(): TokenSession | undefined;
  save(session: TokenSession | undefined): void;
  /** Runs `work` while no other page of the store runs its own: a refresh token is used once. */
  exclusive?<T>(work: () => Promise<T>): Promise<T>;
}

export const memorySessionStore = (): SessionStore => {
  let held: TokenSession | undefined;
  return {
    load: () => held,
    save: (session) => {
      held = session;
    },
  };
};

/** Keeps the session in `localStorage` or `sessionStorage`; what cannot be read counts as signed out. */
export const browserSessionStore = (storage: Storage, key = 'tandem.session'): SessionStore => ({
  load() {
    try {
      const held = JSON.parse(storage.getItem(key) ?? 'null') as Partial<TokenSession> | null;
      return typeof held?.accessToken === 'string' && typeof held.refreshToken === 'string' && held.user
        ? (held as TokenSession)
        : undefined;
    } catch {
      return undefined;
    }
  },
  save(session) {
    if (session) storage.setItem(key, JSON.stringify(session));
    else storage.removeItem(key);
  },
  exclusive: (work) => {
    const locks = globalThis.navigator?.locks;
    return locks ? locks.request(`tandem:${key}`, work) : work();
  },
});
