/**
 * Whether a path is meant by one of the patterns of a project (`aiContext.excludedPaths`, `pinnedPaths`), as in a
 * `.gitignore`: a pattern without a slash means a file or folder of that name at any depth, one with a slash is meant from
 * the project's root. A folder means all that is in it. `*` and `?` stand for characters of one name, `**` for folders.
 */
export function matchesPath(path: string, patterns: readonly string[]): boolean {
  const names = namesOf(path);
  return patterns.some((pattern) => isMeant(names, pattern));
}

const namesOf = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.');

function isMeant(names: readonly string[], pattern: string): boolean {
  const wanted = namesOf(pattern.trim());
  if (wanted.length === 0) return false;
  const isAnywhere = wanted.length === 1 && !pattern.trim().startsWith('/') && wanted[0] !== '**';
  // What stands behind the pattern's end is in the folder that it means.
  const whole = [...(isAnywhere ? ['**'] : []), ...wanted, '**'];
  return matches(names, whole, '**', (name, part) => matches(name, part, '*', isSameCharacter));
}

const isSameCharacter = (character: string, wanted: string) => wanted === '?' || character === wanted;

/**
 * Wildcard matching in steps, never more than length times length: a pattern made into a regular expression could keep
 * the process busy for hours. (Kirk J. Krauss, "Matching Wildcards", 2008.) `many` stands for any number of items.
 */
function matches(
  items: ArrayLike<string>,
  pattern: ArrayLike<string>,
  many: string,
  isSame: (item: string, wanted: string) => boolean,
): boolean {
  let item = 0;
  let part = 0;
  let afterMany = -1;
  let retryFrom = 0;
  while (item < items.length) {
    const wanted = pattern[part];
    if (wanted === many) {
      part += 1;
      afterMany = part;
      retryFrom = item;
    } else if (wanted !== undefined && isSame(items[item]!, wanted)) {
      item += 1;
      part += 1;
    } else if (afterMany !== -1) {
      retryFrom += 1;
      item = retryFrom;
      part = afterMany;
    } else return false;
  }
  while (pattern[part] === many) part += 1;
  return part === pattern.length;
}
