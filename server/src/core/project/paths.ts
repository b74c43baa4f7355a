/** `path` is what is stored and shown; two paths with one `key` are one file to some file system. */
export type ParsedPath =
  | { readonly ok: true; readonly path: string; readonly key: string }
  | { readonly ok: false; readonly reason: string };

/** macOS takes 1,024 bytes; it also keeps `key`, at most twice as long, below what a btree entry holds (2,704 bytes). */
export const MAX_PATH_BYTES = 1024;
/** What one name may have on every common file system. */
export const MAX_NAME_BYTES = 255;

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const HALF_CHARACTER = /[\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** They change the order in which a name is read (`gpj.exe` for `exe.jpg`), or cannot be seen. Joiners stay: words need them. */
const DECEPTIVE = /[\u061C\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/u;
/** Windows opens the device whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;
const DRIVE = /^[a-z]:/i;

/** The rules of a path (A45). Paths are data and never become paths of the server's disk; those who export them have disks. */
export function parsePath(raw: string): ParsedPath {
  const path = raw.normalize('NFC');
  const reason = refusal(path);
  return reason === undefined ? { ok: true, path, key: pathKey(path) } : { ok: false, reason };
}

/** The keys of the folders above a key, outermost first. */
export function folderKeys(key: string): string[] {
  const names = key.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

function refusal(path: string): string | undefined {
  if (path === '') return 'The path is empty';
  if (byteLength(path) > MAX_PATH_BYTES) return `The path is longer than ${MAX_PATH_BYTES} bytes`;
  if (HALF_CHARACTER.test(path)) return 'The path is not valid Unicode';
  if (CONTROL.test(path)) return 'The path has a control character';
  if (DECEPTIVE.test(path)) return 'The path has a mark that hides or reorders text';
  if (path.includes('\\')) return 'Folders are separated by /, not by \\';
  if (path.startsWith('/') || DRIVE.test(path))
    return 'The path starts at the root of the project, without / or a drive';
  for (const name of path.split('/')) {
    const wrong = nameRefusal(name);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function nameRefusal(name: string): string | undefined {
  if (name === '') return 'The path has an empty name';
  if (name === '.' || name === '..') return 'The path has . or .. as a name';
  if (byteLength(name) > MAX_NAME_BYTES) return `A name is longer than ${MAX_NAME_BYTES} bytes`;
  if (/[.\s]$/u.test(name)) return 'A name ends in a dot or a space';
  if (DEVICE.test(name)) return 'A name is that of a Windows device';
  return undefined;
}

/**
 * Unicode's full case folding, made from the mappings that JavaScript has: to upper case first, which also joins ß with ss
 * and the two small sigmas; character by character, because `toLowerCase` of a word picks the sigma by its place. The
 * dotless ı folds to itself.
 */
export function pathKey(path: string): string {
  let folded = '';
  for (const character of path) {
    if (character === 'ı') folded += character;
    else for (const upper of character.toUpperCase()) folded += upper.toLowerCase();
  }
  return folded.normalize('NFC');
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
