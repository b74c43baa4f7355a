/**
 * Leaves out of a list that fails what it fails without: halves, quarters, down to single items, until nothing more can go
 * (delta debugging, Zeller 1999). `fails` is asked for each candidate; true keeps it.
 */
export const shrinkList = async <T>(
  items: readonly T[],
  fails: (candidate: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> => {
  let smallest = items;
  for (let before = -1; before !== smallest.length; ) {
    before = smallest.length;
    for (let size = Math.ceil(smallest.length / 2); size >= 1; size = Math.floor(size / 2)) {
      // From the end: what comes later seldom is what earlier steps need.
      for (let at = smallest.length - size; at >= 0; at -= size) {
        const candidate = [...smallest.slice(0, at), ...smallest.slice(at + size)];
        if (await fails(candidate)) smallest = candidate;
      }
    }
  }
  return smallest;
};
