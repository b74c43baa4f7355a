/** At `index` of the text of before, `remove` units give way to `insert`. */
export interface TextChange {
  readonly index: number;
  readonly remove: number;
  readonly insert: string;
}

/** Lines that may differ before a stretch counts as rewritten: the trace takes the square of it, 16 MB. */
const MOST_LINES = 2_000;
/** Words of before times words of after in a stretch of changed lines; of a longer one only its ends are compared. */
const MOST_WORD_PAIRS = 1_000_000;

const LINES = /[^\n]*\n|[^\n]+/g;
/** A pair of surrogates stays together: half of one is no text. */
const WORDS = /[\p{L}\p{N}_]+|./gsu;

/**
 * What turns `before` into `after`, in ascending order and disjoint: differing lines, and of those the differing words.
 * O((n + d) d) for n lines of which d differ.
 */
export function diffText(before: string, after: string): TextChange[] {
  return diffTokens(before, after, LINES, commonLines).flatMap((change) => {
    const removed = before.slice(change.index, change.index + change.remove);
    const words = diffTokens(removed, change.insert, WORDS, commonWords);
    return words.map((word) => trimmed(removed, { ...word }, change.index));
  });
}

/** Pairs of indexes of equal tokens, both ascending. */
type Common = (as: readonly string[], bs: readonly string[]) => [number, number][];

function diffTokens(before: string, after: string, token: RegExp, common: Common): TextChange[] {
  const [as, bs] = [before.match(token) ?? [], after.match(token) ?? []];
  let start = 0;
  while (start < as.length && start < bs.length && as[start] === bs[start]) start++;
  let end = 0;
  while (end < as.length - start && end < bs.length - start && as[as.length - 1 - end] === bs[bs.length - 1 - end])
    end++;
  const from = lengthOf(as, 0, start);
  const middle = { a: as.slice(start, as.length - end), b: bs.slice(start, bs.length - end) };
  return toChanges(middle.a, middle.b, from, common(middle.a, middle.b));
}

/** The gaps between what is common, as pairs of indexes in ascending order. */
function toChanges(as: string[], bs: string[], from: number, common: readonly [number, number][]): TextChange[] {
  const changes: TextChange[] = [];
  let [a, b, index] = [0, 0, from];
  for (const [nextA, nextB] of [...common, [as.length, bs.length] as const]) {
    const remove = lengthOf(as, a, nextA);
    const insert = bs.slice(b, nextB).join('');
    if (remove > 0 || insert !== '') changes.push({ index, remove, insert });
    index += remove + (as[nextA]?.length ?? 0);
    [a, b] = [nextA + 1, nextB + 1];
  }
  return changes;
}

/**
 * The longest common subsequence, or none when more than `MOST_LINES` differ.
 * Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986, the greedy form with a trace.
 */
function commonLines(as: readonly string[], bs: readonly string[]): [number, number][] {
  const most = MOST_LINES;
  const [a, b] = numbered(as, bs);
  /** The furthest x on each diagonal k = x - y, at `most + 1 + k`. */
  const furthest = new Int32Array(2 * most + 3);
  const origin = most + 1;
  const trace: Int32Array[] = [];
  for (let d = 0; d <= most; d++) {
    trace.push(furthest.slice(origin - d - 1, origin + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && furthest[origin + k - 1]! < furthest[origin + k + 1]!);
      let x = isDown ? furthest[origin + k + 1]! : furthest[origin + k - 1]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[origin + k] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a.length, b.length);
    }
  }
  return [];
}

/** `trace[d]` is what step `d` began with; diagonal k lies at `d + 1 + k`. */
function walkBack(trace: readonly Int32Array[], endX: number, endY: number): [number, number][] {
  const common: [number, number][] = [];
  let [x, y] = [endX, endY];
  for (let d = trace.length - 1; d >= 0; d--) {
    const furthest = trace[d]!;
    const k = x - y;
    const isDown = k === -d || (k !== d && furthest[d + k]! < furthest[d + 2 + k]!);
    const beforeX = isDown ? furthest[d + 2 + k]! : furthest[d + k]!;
    const beforeY = beforeX - (isDown ? k + 1 : k - 1);
    const [snakeX, snakeY] = d === 0 ? [0, 0] : isDown ? [beforeX, beforeY + 1] : [beforeX + 1, beforeY];
    while (x > snakeX && y > snakeY) common.push([--x, --y]);
    [x, y] = [beforeX, beforeY];
  }
  return common.reverse();
}

/** The common subsequence with the most characters: a word that moved by one place is worth more than the spaces around it. */
function commonWords(as: readonly string[], bs: readonly string[]): [number, number][] {
  if (as.length * bs.length > MOST_WORD_PAIRS) return [];
  const [a, b] = numbered(as, bs);
  const width = b.length + 1;
  /** What the rest from (x, y) on has in common, in characters. */
  const rest = new Int32Array((a.length + 1) * width);
  for (let x = a.length - 1; x >= 0; x--) {
    for (let y = b.length - 1; y >= 0; y--) {
      const skip = Math.max(rest[(x + 1) * width + y]!, rest[x * width + y + 1]!);
      const take = a[x] === b[y] ? rest[(x + 1) * width + y + 1]! + as[x]!.length : 0;
      rest[x * width + y] = Math.max(skip, take);
    }
  }
  const common: [number, number][] = [];
  for (let x = 0, y = 0; x < a.length && y < b.length; ) {
    const here = rest[x * width + y]!;
    if (a[x] === b[y] && here === rest[(x + 1) * width + y + 1]! + as[x]!.length) common.push([x++, y++]);
    else if (here === rest[(x + 1) * width + y]!) x++;
    else y++;
  }
  return common;
}

/** Equal tokens get equal numbers: compared often, a number is cheaper than a text. */
function numbered(as: readonly string[], bs: readonly string[]): [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const numberOf = (token: string) => {
    const known = numbers.get(token);
    if (known !== undefined) return known;
    numbers.set(token, numbers.size);
    return numbers.size - 1;
  };
  return [Int32Array.from(as, numberOf), Int32Array.from(bs, numberOf)];
}

/** Without what a removed and an inserted word begin and end with alike. */
function trimmed(text: string, { index, remove, insert }: TextChange, offset: number): TextChange {
  const removed = text.slice(index, index + remove);
  let start = 0;
  while (start < removed.length && start < insert.length && removed[start] === insert[start]) start++;
  if (splitsPair(removed, start) || splitsPair(insert, start)) start--;
  let end = 0;
  const most = Math.min(removed.length, insert.length) - start;
  while (end < most && removed.at(-1 - end) === insert.at(-1 - end)) end++;
  if (splitsPair(removed, removed.length - end) || splitsPair(insert, insert.length - end)) end--;
  return {
    index: offset + index + start,
    remove: remove - start - end,
    insert: insert.slice(start, insert.length - end),
  };
}

/** Whether a cut at `at` would go through a pair of surrogates. */
function splitsPair(text: string, at: number): boolean {
  return at > 0 && at < text.length && /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1));
}

function lengthOf(tokens: readonly string[], from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i++) length += tokens[i]!.length;
  return length;
}
