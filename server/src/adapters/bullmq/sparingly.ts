const SILENCE_MS = 10_000;
const MAX_KNOWN = 100;

/** Passes each message on at most every ten seconds: BullMQ's loops say the same with each try. Never throws. */
export function sparingly(report: (error: unknown) => void): (error: unknown) => void {
  const lastTimes = new Map<string, number>();
  return (error) => {
    const message = error instanceof Error ? error.message || error.name : String(error);
    const now = performance.now();
    if (now - (lastTimes.get(message) ?? Number.NEGATIVE_INFINITY) < SILENCE_MS) return;
    if (lastTimes.size >= MAX_KNOWN) lastTimes.clear();
    lastTimes.set(message, now);
    try {
      report(error);
    } catch {
      // Whoever is told of errors is the last who could be told of this one.
    }
  };
}
