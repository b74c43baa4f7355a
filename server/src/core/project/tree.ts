import type { TreeNode } from '@tandem/protocol/http';

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: { readonly name: string; readonly id: string; readonly path: string }[];
}

/** The folders that the paths imply. Folders come first, then names in code point order; the input may have any order. */
export function buildTree(documents: readonly { readonly id: string; readonly path: string }[]): TreeNode[] {
  const root = emptyFolder();
  for (const { id, path } of documents) {
    const names = path.split('/');
    const name = names.pop() ?? path;
    let folder = root;
    for (const step of names) {
      const next = folder.folders.get(step) ?? emptyFolder();
      folder.folders.set(step, next);
      folder = next;
    }
    folder.files.push({ name, id, path });
  }
  return nodes(root, '');
}

function emptyFolder(): Folder {
  return { folders: new Map(), files: [] };
}

function nodes(folder: Folder, prefix: string): TreeNode[] {
  const folders = [...folder.folders].map(([name, inner]) => {
    const path = prefix + name;
    return { name, path, children: nodes(inner, `${path}/`) };
  });
  const files = folder.files.map(({ name, id, path }) => ({ name, path, documentId: id }));
  return [...folders.sort(byName), ...files.sort(byName)];
}

function byName(a: { name: string }, b: { name: string }): number {
  return compareCodePoints(a.name, b.name);
}

/** `<` compares UTF-16 units and would put emoji before U+E000 to U+FFFF; PostgreSQL's COLLATE "C" does not. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates rank above every other unit, as what they encode does. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
