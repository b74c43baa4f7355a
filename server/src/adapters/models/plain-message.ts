const MOST_CHARACTERS = 1_000;

/** Control characters but line ends, and those that change the direction of the text around them or cannot be seen. */
const UNSEEN = /[^\P{C}\n]|[\u2028\u2029]/gu;
const LINK =
  /!?\[([^\]\n]{0,500})\]\s?(?:\([^()\n]{0,2000}(?:\([^()\n]{0,500}\)[^()\n]{0,500})?\)|\[[^\]\n]{0,500}\])/g;
const SCHEME = /\b[a-z][a-z0-9+.-]{1,20}:\/\//gi;

/** What a model says, as text for people: nothing in it can be clicked, whatever renders it. */
export function plainMessage(title: string, message: string): string {
  const [head, body] = [clean(title).replaceAll('\n', ' '), clean(message)];
  const text = head === '' || body.startsWith(head) ? body : body === '' ? head : `${head}: ${body}`;
  return [...text].slice(0, MOST_CHARACTERS).join('');
}

function clean(text: string): string {
  const linkless = text
    .slice(0, 4 * MOST_CHARACTERS)
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', ' ')
    .replaceAll(UNSEEN, '')
    .replaceAll(LINK, '$1');
  // What was nested or in two parts: `[` and `](` alone make no link.
  return linkless.replaceAll('](', '] (').replaceAll(SCHEME, '').trim();
}
