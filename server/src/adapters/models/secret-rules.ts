/** A piece of a text: UTF-16 offsets. */
export type Range = readonly [start: number, end: number];

/** Of what is kept under such a name, the value is a secret. */
const NAME =
  'pass(?:word|wd|phrase)|[_-]pass(?![a-z])|pwd|secret|token(?!i[sz])|api[_-]?key|(?:access|auth|private|client|encryption|signing|account|shared|master|storage)[_-]?key|credential|connection[_-]?string';
/** Names that only speak of one: `passwordLabel`, `tokenType`. */
const ABOUT =
  /(?:label|placeholder|hint|message|error|title|text|type|field|name|regex|pattern|length|count|url|uri|path|file|index|kind|header|prefix|policy|rules?)$/i;
const ASSIGNED = String.raw`["'\x60]?\s{0,20}(?::=|=>|[:=])\s{0,20}`;

// Every repetition has an end: none of these is slow on a text that was made to be.
const QUOTED = new RegExp(
  String.raw`(?<![\w$.-])([\w$.-]{0,100}(?:${NAME})[\w$-]{0,64})${ASSIGNED}(?:[rbuf]{1,2})?(["'\x60])([^"'\x60\n]{4,512})(?:\2|$)`,
  'gi',
);
const BARE = new RegExp(
  String.raw`(?<![\w$.-])([\w$.-]{0,100}(?:${NAME})[\w$-]{0,64})["']?[ \t]{0,20}[:=][ \t]{0,20}([^\s"'\x60(){}[\],;<>]{6,512})(?:[ \t]{0,20}|[ \t]{1,20}[#;].{0,200})$`,
  'gim',
);
const KEYED =
  /\b[\w$.-]{0,40}(?:key|token|secret|auth|credential|signature|salt|cookie|session)[\w$-]{0,40}["'`]?\s{0,20}[:=,(]\s{0,20}["'`]?([\w+/=.~-]{20,512})/gi;
const TOKENS = [
  // AWS, also such that are too short or too long to be one.
  /\b(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{10,24}\b/g,
  /\beyJ[\w-]{10,2000}\.[\w-]{10,4000}(?:\.[\w-]{0,2000})?/g,
  /\b(?:gh[pousr]|github_pat|glpat|hf|npm|pypi|dop_v1|shpat|tdm|xox[abeprs])[_-][\w-]{16,255}/g,
  /\b(?:sk|pk|rk)[-_](?:[\w]{2,12}[-_]){0,3}[\w-]{16,255}/g,
  /\bAIza[\w-]{30,40}/g,
  /\b(?:Bearer|Basic)\s{1,4}[\w+/=.~-]{16,2000}/g,
];
const IN_URL = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`]{0,128}:([^\s@"'`/]{1,256})@/gi;

const PEM = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----/g;
const PEM_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----/g;
/** A line of a key whose beginning or end was cut off. */
const ENCODED_LINE = /^[^\w\n+/]{0,12}[A-Za-z0-9+/]{60,4096}={0,2}[^\w\n+/]{0,8}$/gm;

/** What the rules of secretlint do not find. Ranges may overlap. */
export function findSecrets(text: string): Range[] {
  return [...privateKeys(text), ...assignments(text), ...tokens(text)];
}

/** From a beginning to its end, or to the end of the text; and to an end whose beginning was cut off. */
function* privateKeys(text: string): Generator<Range> {
  const ends = [...text.matchAll(PEM_END)].map((end) => end.index + end[0].length);
  let covered = 0;
  for (const { index, 0: begin } of text.matchAll(PEM)) {
    if (index < covered) continue;
    covered = ends.find((at) => at > index) ?? lastEncoded(text, index + begin.length);
    yield [index, covered];
  }
  for (const { index, 0: line } of text.matchAll(ENCODED_LINE)) yield [index, index + line.length];
}

/** Where a key without an end stops to look like one: what is left of its line, and lines like those of a key. */
function lastEncoded(text: string, from: number): number {
  const line = /[\w+/=\\ -]*/y;
  const next = /\r?\n[^\w\n]{0,12}(?:[\w+/=\\]{16,4096}[^\w\n]{0,8}|[\w-]{1,30}: [^\n]{0,200})?(?=\r?\n|$)/y;
  line.lastIndex = from;
  line.test(text);
  next.lastIndex = line.lastIndex;
  let end = line.lastIndex;
  while (next.lastIndex < text.length && next.test(text)) end = next.lastIndex;
  return end;
}

function* assignments(text: string): Generator<Range> {
  for (const match of text.matchAll(QUOTED)) {
    const [whole, name = '', , value = ''] = match;
    if (ABOUT.test(name) || isPlaceholder(value)) continue;
    const start = match.index + whole.lastIndexOf(value);
    yield [start, start + value.length];
  }
  for (const match of text.matchAll(BARE)) {
    const [whole, name = '', value = ''] = match;
    if (ABOUT.test(name) || isPlaceholder(value) || !isMixed(value)) continue;
    const start = match.index + whole.indexOf(value, name.length);
    yield [start, start + value.length];
  }
  for (const match of text.matchAll(KEYED)) {
    const value = match[1]!;
    const start = match.index + match[0].length - value.length;
    if (isRandom(value)) yield [start, start + value.length];
  }
}

function* tokens(text: string): Generator<Range> {
  for (const pattern of TOKENS) {
    for (const { index, 0: token } of text.matchAll(pattern)) yield [index, index + token.length];
  }
  for (const { index, 0: url, 1: password = '' } of text.matchAll(IN_URL)) {
    if (isPlaceholder(password)) continue;
    const end = index + url.length - 1;
    yield [end - password.length, end];
  }
}

/** Taken from elsewhere at run time, or a word that stands for the real one; a sentence is for people. */
const isPlaceholder = (value: string) =>
  /^\$\{|^\$\(|^\{\{|^<[^<>]+>$|^%[\w]+%$|^\$[A-Za-z_]\w*$|process\.env|^(.)\1*$|^(?:string|number|boolean|null|undefined|none|true|false|required|optional)$/i.test(
    value,
  ) ||
  (/\s\S+\s/.test(value) && !/\d/.test(value));

/** Letters with digits or signs, as names of programs rarely are. */
const isMixed = (value: string) =>
  /[A-Za-z]/.test(value) && /\d|[!@#%^&*~+/]/.test(value) && !/^[\w$]+(?:\.[\w$]+)+$/.test(value);

/** Shannon entropy: 20 characters by chance have above 3.5 bits each, names 2.5 to 3.4; hexadecimal ones 3.0 and more. */
function isRandom(value: string): boolean {
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits >= (/^[0-9a-f-]+$/i.test(value) ? 3 : 3.5);
}
