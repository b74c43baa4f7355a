import { parentOf, type TreeRow } from './tree-model.js';

/** The row that a key leads to from `row`; undefined when it leads nowhere. */
export function keyTarget(key: string, row: TreeRow, rows: readonly TreeRow[]): TreeRow | undefined {
  const at = rows.indexOf(row);
  switch (key) {
    case 'ArrowDown':
      return rows[at + 1];
    case 'ArrowUp':
      return rows[at - 1];
    case 'Home':
      return rows[0];
    case 'End':
      return rows.at(-1);
    case 'ArrowRight':
      // Into an unfolded folder.
      return row.expanded && rows[at + 1]?.path.startsWith(`${row.path}/`) ? rows[at + 1] : undefined;
    case 'ArrowLeft':
      return rows.find(({ path }) => path === parentOf(row.path));
  }
  if (key.length !== 1 || key === ' ') return undefined;
  const after = [...rows.slice(at + 1), ...rows.slice(0, at)];
  return after.find(({ name }) => name.toLowerCase().startsWith(key.toLowerCase()));
}
