import type { SeededRandom } from '@tandem/protocol/testing';

/** Bits flipped, bytes replaced, cut short, repeated, or joined with another. */
export function mutateBytes(bytes: Uint8Array, random: SeededRandom): Buffer {
  const copy = Buffer.from(bytes);
  for (let n = 1 + random.integer(3); n > 0 && copy.length > 0; n--) {
    const at = random.integer(copy.length);
    copy[at] = random.chance(0.5) ? copy[at]! ^ (1 << random.integer(8)) : random.integer(256);
  }
  if (random.chance(0.15)) return copy.subarray(0, random.integer(copy.length + 1));
  if (random.chance(0.1)) return Buffer.concat([copy, copy.subarray(random.integer(copy.length + 1))]);
  return copy;
}

const MARKS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '-',
  '/',
  '0',
  '9',
  '\u0000',
  '\ud800',
  '🙂',
  ' ',
  '\n',
  'null',
  '1e999',
];

export function mutateText(text: string, random: SeededRandom): string {
  let mutated = text;
  for (let n = 1 + random.integer(3); n > 0; n--) {
    const at = random.integer(mutated.length + 1);
    const mark = random.chance(0.5) ? random.pick(MARKS) : String.fromCharCode(random.integer(0x250));
    mutated = mutated.slice(0, at) + mark + mutated.slice(at + random.integer(3));
  }
  if (random.chance(0.1)) return mutated.slice(0, random.integer(mutated.length + 1));
  return mutated;
}

const nested = (depth: number): unknown => {
  let value: unknown = 0;
  for (let n = 0; n < depth; n++) value = n % 2 ? [value] : { a: value };
  return value;
};

const STRANGE: readonly ((random: SeededRandom) => unknown)[] = [
  () => null,
  () => true,
  () => -1,
  () => 0.5,
  () => 2 ** 53,
  () => 1e308,
  () => '',
  () => '\u0000',
  () => '\ud83d',
  () => '__proto__',
  () => [],
  () => ({}),
  () => ({ _placeholder: true, num: 0 }),
  () => ({ _placeholder: true, num: 99 }),
  () => ({ _placeholder: true, num: 'length' }),
  () => JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{}}}') as unknown,
  () => JSON.parse('{"toString":1,"valueOf":null,"then":"x","length":-1,"toJSON":{}}') as unknown,
  (random) => nested(random.integer(200)),
  (random) => 'x'.repeat(random.integer(5000)),
  (random) => Array.from({ length: random.integer(300) }, (_, n) => n),
  () => '00000000-0000-0000-0000-000000000000',
];

/** One field, or one inside of it, replaced, removed, added or renamed. */
export function mutateValue(value: unknown, random: SeededRandom): unknown {
  if (random.chance(0.2) || typeof value !== 'object' || value === null) return random.pick(STRANGE)(random);
  if (Array.isArray(value)) {
    const copy = [...(value as unknown[])];
    const at = random.integer(copy.length + 1);
    copy.splice(at, random.integer(2), mutateValue(copy[at], random));
    return copy;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { [random.pick(MARKS)]: random.pick(STRANGE)(random) };
  const at = random.integer(entries.length);
  const [key, field] = entries[at]!;
  const roll = random.integer(5);
  if (roll === 0) entries.splice(at, 1);
  else if (roll === 1) {
    entries.push([random.pick(['more', '__proto__', 'constructor', key]), random.pick(STRANGE)(random)]);
  } else entries[at] = [random.chance(0.1) ? mutateText(key, random) : key, mutateValue(field, random)];
  return Object.fromEntries(entries);
}
