/** What Artillery counted, the part of its report that is judged. */
export interface Counts {
  readonly counters: Readonly<Record<string, number>>;
}

/** What the server says it holds after the run. */
export interface Held {
  readonly seq: number;
  readonly characters: number;
}

export interface Expected {
  readonly users: number;
  readonly keystrokes: number;
}

/** What is wrong, one line each; empty when everything that was typed is stored, numbered and seen by another client. */
export function judge({ counters }: Counts, held: readonly Held[], { users, keystrokes }: Expected): string[] {
  const keys = users * keystrokes;
  const total = (what: keyof Held) => held.reduce((sum, document) => sum + document[what], 0);
  const errors = Object.entries(counters).filter(([name, count]) => name.startsWith('errors.') && count > 0);
  const compared: [string, number, number][] = [
    ['people who typed to the end', counters['vusers.completed'] ?? 0, users],
    ['keys acknowledged as stored', counters['tandem.stored'] ?? 0, keys],
    ['keys that another client received', counters['tandem.received'] ?? 0, keys],
    ['growth of seq in all documents', total('seq'), keys],
    ['characters in all documents', total('characters'), keys],
  ];
  return [
    ...errors.map(([name, count]) => `${name.slice('errors.'.length)}: ${count} times`),
    ...compared
      .filter(([, found, expected]) => found !== expected)
      .map(([what, found, expected]) => `${what}: ${found} of ${expected}`),
  ];
}
