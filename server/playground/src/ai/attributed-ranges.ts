import type { Attribution } from '@tandem/protocol/http';
import type * as Y from 'yjs';

/** Text of a document that came from a suggestion; offsets in UTF-16 units. */
export interface AttributedRange {
  readonly from: number;
  readonly to: number;
  readonly attribution: Attribution;
}

/**
 * Where accepted text stands in `text` now. An attribution names Yjs structs, so it finds its characters wherever edits
 * have moved them; what was deleted is nowhere. One pass over the items of the text.
 */
export function attributedRanges(text: Y.Text, attributions: readonly Attribution[]): AttributedRange[] {
  const byClient = Map.groupBy(attributions, ({ client }) => client);
  const ranges: AttributedRange[] = [];
  let index = 0;
  for (let item = text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const { client, clock } = item.id;
    for (const attribution of byClient.get(client) ?? []) {
      const begin = Math.max(attribution.clock, clock);
      const end = Math.min(attribution.clock + attribution.length, clock + item.length);
      if (begin < end) push(ranges, { from: index + begin - clock, to: index + end - clock, attribution });
    }
    index += item.length;
  }
  return ranges;
}

/** Whether some of the structs have not arrived yet. */
export function hasUnknown(text: Y.Text, attributions: readonly Attribution[]): boolean {
  const clients = text.doc?.store.clients;
  return attributions.some(({ client, clock, length }) => {
    const last = clients?.get(client)?.at(-1);
    return !last || last.id.clock + last.length < clock + length;
  });
}

/** Pieces of one suggestion that touch are one range. */
function push(ranges: AttributedRange[], next: AttributedRange): void {
  const last = ranges.at(-1);
  if (last && last.to === next.from && last.attribution.completionId === next.attribution.completionId) {
    ranges[ranges.length - 1] = { ...last, to: next.to };
  } else ranges.push(next);
}
