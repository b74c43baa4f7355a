/**
 * Long work, cut into pieces of well under a millisecond. Who runs it on a thread that others wait for lets them have their
 * turn between two pieces.
 */
export type Work<T> = Generator<undefined, T, undefined>;

/** In one go: for small work, and where nobody waits. */
export function runNow<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
