/** Reads JSON that this page stored itself; what cannot be read counts as absent (private windows, another version). */
export function readStored<T>(storage: Storage, key: string): T | undefined {
  try {
    const text = storage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Stores JSON, or removes the key; a full or forbidden storage is no reason to stop working. */
export function writeStored(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === undefined) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    // Conveniences only (last place, folded folders): the next start does without.
  }
}
