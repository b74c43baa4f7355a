import * as Y from 'yjs';

const seen = new WeakMap<Uint8Array, ReturnType<typeof Y.decodeUpdate>>();

function decode(update: Uint8Array) {
  let decoded = seen.get(update);
  if (!decoded) {
    decoded = Y.decodeUpdate(update);
    seen.set(update, decoded);
  }
  return decoded;
}

/** Ids and deletes of one life of a document that were acknowledged, or shown to somebody. Judged by Yjs alone. */
export class Promises {
  private readonly ends = new Map<number, number>();
  private readonly deletes = new Map<number, Map<number, number>>();

  add(update: Uint8Array): void {
    const { structs, ds } = decode(update);
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue;
      const { client, clock } = struct.id;
      const end = clock + struct.length;
      if ((this.ends.get(client) ?? 0) < end) this.ends.set(client, end);
    }
    for (const [client, ranges] of ds.clients) {
      const known = this.deletes.get(client) ?? new Map<number, number>();
      this.deletes.set(client, known);
      for (const { clock, len } of ranges) known.set(clock, Math.max(known.get(clock) ?? 0, len));
    }
  }

  covers(client: number, end: number): boolean {
    return (this.ends.get(client) ?? 0) >= end;
  }

  /** What `doc` does not hold of them. */
  brokenBy(doc: Y.Doc): string[] {
    const broken: string[] = [];
    for (const [client, end] of this.ends) {
      const has = Y.getState(doc.store, client);
      if (has < end) broken.push(`client ${client} has ${has} of ${end}`);
    }
    const deleted = Y.createDeleteSetFromStructStore(doc.store).clients;
    for (const [client, ranges] of this.deletes) {
      const there = deleted.get(client) ?? [];
      for (const [clock, len] of ranges) {
        const isThere = there.some((range) => range.clock <= clock && clock + len <= range.clock + range.len);
        if (!isThere) broken.push(`${client}:${clock}+${len} is not deleted`);
      }
    }
    return broken;
  }
}
