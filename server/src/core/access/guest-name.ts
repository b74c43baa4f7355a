import { randomInt } from 'node:crypto';

const MOODS = ['Brave', 'Calm', 'Clever', 'Curious', 'Eager', 'Gentle', 'Happy', 'Kind', 'Lively', 'Lucky'];
const MORE_MOODS = ['Merry', 'Nimble', 'Patient', 'Quick', 'Quiet', 'Sunny', 'Swift', 'Thoughtful', 'Warm', 'Witty'];
const ANIMALS = ['Badger', 'Beaver', 'Crane', 'Dolphin', 'Falcon', 'Finch', 'Fox', 'Gecko', 'Hare', 'Heron'];
const MORE_ANIMALS = ['Ibex', 'Koala', 'Lemur', 'Lynx', 'Marten', 'Otter', 'Owl', 'Puffin', 'Seal', 'Wren'];

/** What a guest who gave no name is called: "Quiet Otter". Not unique. */
export function guestName(): string {
  return `${pick([...MOODS, ...MORE_MOODS])} ${pick([...ANIMALS, ...MORE_ANIMALS])}`;
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}
