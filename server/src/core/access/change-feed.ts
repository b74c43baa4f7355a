import type { News } from './change-log.js';
import type { Change, WrittenChange } from './changes.js';
import type { LogPosition } from './log-position.js';

/** Changes that were told between two looks, which are a second apart unless the log cannot be read. */
const CAPACITY = 10_000;

/**
 * What a node was told of, by the bus or by a look at the log, in whatever order: each change is told once.
 *
 *     bus, this node's own  ->  hear  -> told, unless a look has shown it
 *     a look at the log     ->  take  -> told, unless it was heard
 *
 * What is remembered is what was heard since the last look: whatever is older, the look has shown, and a message that comes
 * late (a bus that was away keeps its messages) is known by its transaction.
 */
export class ChangeFeed {
  private seen: LogPosition | undefined;
  private readonly heard = new Map<number, WrittenChange>();
  /** Of what was heard, by subject: what a newer change has made void is not told after it. */
  private newest = new Map<string, number>();
  private isOverfull = false;

  /** Whether the change is to be told. */
  hear(written: WrittenChange): boolean {
    if (this.seen?.covers(written.transaction) || this.heard.has(written.id)) return false;
    const isVoid = this.isVoid(written);
    if (this.heard.size === CAPACITY) this.isOverfull = true;
    else {
      this.heard.set(written.id, written);
      if (!isVoid) this.newest.set(subjectOf(written.change), written.id);
    }
    return !isVoid;
  }

  /** What is to be told after a look, in order; undefined when nobody knows what was missed. */
  take(news: News): Change[] | undefined {
    const last = newestOf(news.changes);
    const told = news.changes.filter((written) => {
      const { id, change } = written;
      if (this.heard.has(id) || this.isVoid(written)) return false;
      // Who was removed and has come back: nobody is to be thrown out for what holds no more.
      return change.type !== 'member.removed' || last.get(subjectOf(change)) === id;
    });
    this.seen = news.seen;
    for (const { id, transaction } of this.heard.values()) if (news.seen.covers(transaction)) this.heard.delete(id);
    this.newest = newestOf(this.heard.values());
    const isWhole = news.isWhole && !this.isOverfull;
    this.isOverfull = false;
    return isWhole ? told.map(({ change }) => change) : undefined;
  }

  private isVoid({ id, change }: WrittenChange): boolean {
    return (this.newest.get(subjectOf(change)) ?? 0) > id;
  }
}

function newestOf(changes: Iterable<WrittenChange>): Map<string, number> {
  const newest = new Map<string, number>();
  for (const { id, change } of changes) {
    const subject = subjectOf(change);
    newest.set(subject, Math.max(id, newest.get(subject) ?? 0));
  }
  return newest;
}

/** The document, member, project or sign-in of which a change tells how it is now. */
function subjectOf(change: Change): string {
  switch (change.type) {
    case 'document.created':
    case 'document.moved':
      return change.document.id;
    case 'document.deleted':
      return change.documentId;
    case 'member.added':
    case 'member.changed':
      return `${change.projectId} ${change.member.userId}`;
    case 'member.removed':
      return `${change.projectId} ${change.userId}`;
    case 'project.changed':
    case 'project.deleted':
      return change.projectId;
    case 'session.revoked':
      return change.sessionId;
  }
}
