/**
 * Runs `main`, whose signal aborts when somebody wants it to end: it then stops what it has started. What it rejects with is
 * said in one line.
 */
export async function untilInterrupted(main: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort());
  try {
    await main(interrupted.signal);
  } catch (error) {
    console.error(
      interrupted.signal.aborted ? 'Interrupted.' : `FAILED  ${error instanceof Error ? error.message : error}`,
    );
    process.exitCode = 1;
  }
}
