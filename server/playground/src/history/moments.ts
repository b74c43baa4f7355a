import type { HistoryChange, HistoryPage, Version } from '@tandem/protocol/http';

/** A line of the history: a change, a named version, or a change that ends in one. */
export interface Moment {
  /** The same while a change grows. */
  readonly key: string;
  readonly seq: number;
  readonly at: number;
  readonly change?: HistoryChange;
  readonly version?: Version;
}

/** What is known of the changes: from the newest down to where the next page begins. */
export type Known = Pick<HistoryPage, 'changes' | 'before'>;

/**
 * Newest first. A version of the last update of a change stands in its line; another one has a line of its own, once the
 * changes around it are there.
 */
export function momentsOf({ changes, before }: Known, versions: readonly Version[]): Moment[] {
  const named = new Map<number, Version>();
  const ends = new Set(changes.map(({ seq }) => seq));
  for (const version of versions) {
    if (ends.has(version.seq) && !named.has(version.seq)) named.set(version.seq, version);
  }
  const oldest = before === null ? 0 : (changes.at(-1)?.fromSeq ?? 0);
  const alone = versions.filter((version) => named.get(version.seq) !== version && version.seq >= oldest);
  const moments: Moment[] = [
    ...alone.map((version) => ({ key: `version:${version.id}`, seq: version.seq, at: version.createdAt, version })),
    ...changes.map((change) => {
      const version = named.get(change.seq);
      return { key: `change:${change.fromSeq}`, seq: change.seq, at: change.to, change, ...(version && { version }) };
    }),
  ].sort((a, b) => b.seq - a.seq);
  // A version may have been named long after its moment: it is no younger than what stands above it.
  let latest = Number.POSITIVE_INFINITY;
  return moments.map((moment) => {
    latest = Math.min(latest, moment.at);
    return { ...moment, at: latest };
  });
}

/** `known` with the first page as it is now; without what is older where the two do not meet any more. */
export function withNewest(page: Known, known: Known): Known {
  const oldest = page.changes.at(-1);
  const rest = oldest ? known.changes.filter(({ seq }) => seq < oldest.fromSeq) : [];
  const meets = oldest !== undefined && rest[0]?.seq === oldest.fromSeq - 1;
  return meets ? { changes: [...page.changes, ...rest], before: known.before } : page;
}

/** The line that `before` stands for now; the one below it where it is gone, and the newest where none was chosen. */
export function stillChosen(before: Moment | undefined, all: readonly Moment[]): Moment | undefined {
  if (!before) return all[0];
  const { version, ...change } = before;
  const named = version && all.find((moment) => moment.version?.id === version.id);
  if (named) return named;
  const same = all.find(({ key }) => key === before.key);
  // Somebody writes on: what is looked at stays the text of then, which has no line any more.
  if (same) return same.seq === before.seq ? same : change;
  return all.find(({ seq }) => seq <= before.seq) ?? all.at(-1);
}
