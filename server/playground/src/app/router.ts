import { type Readable, signal } from '../base/signal.js';

/** A place in the application as its address names it: `#/p/<projectId>/<documentId>`. */
export interface Place {
  readonly projectId?: string;
  readonly documentId?: string;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export function parsePlace(hash: string): Place {
  const [kind, projectId, documentId] = hash.replace(/^#\/?/, '').split('/');
  if (kind !== 'p' || !projectId || !UUID.test(projectId)) return {};
  return documentId && UUID.test(documentId) ? { projectId, documentId } : { projectId };
}

export function hashOf({ projectId, documentId }: Place): string {
  if (!projectId) return '#/';
  return documentId ? `#/p/${projectId}/${documentId}` : `#/p/${projectId}`;
}

const current = signal<Place>(parsePlace(location.hash));
addEventListener('hashchange', () => {
  current.value = parsePlace(location.hash);
});

/** Where the address bar says we are; follows Back, Forward and pasted addresses. */
export const place: Readable<Place> = current;

/** Goes there; `replace` leaves no step for Back (a place that nobody chose). */
export function go(next: Place, how: 'push' | 'replace' = 'push'): void {
  const hash = hashOf(next);
  if (location.hash === hash) return;
  if (how === 'push') history.pushState(null, '', hash);
  else history.replaceState(null, '', hash);
  current.value = next;
}

/** The address that opens the same file for another member. */
export const shareAddress = (where: Place): string => location.origin + location.pathname + hashOf(where);
