import type { SignInSession } from './sign-in-sessions.js';

/** How long after a sign-in its session may do what a found, unlocked computer must not, in milliseconds. */
export const FRESH_MS = 15 * 60_000;

/** Whether the person has shown who they are a moment ago: a refresh is no sign-in. */
export function isFresh(session: Pick<SignInSession, 'createdAt'> | undefined, now: number): boolean {
  return session !== undefined && now - session.createdAt < FRESH_MS;
}
