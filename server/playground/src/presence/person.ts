import { safeColor } from '../ui/avatar.js';

/** Somebody in an awareness state, as the server stamped it. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly color: string;
}

/** Reads `user` of an awareness state; what a peer put there itself is not trusted to have a form. */
export function personOf(state: unknown): Person | undefined {
  const user = (state as { user?: Record<string, unknown> } | null)?.user;
  if (!user || typeof user.id !== 'string') return undefined;
  return {
    id: user.id,
    name: typeof user.name === 'string' && user.name !== '' ? user.name : 'Somebody',
    color: safeColor(user.color),
  };
}
