/**
 * A worker that dies is noticed when its signs of life end, and its requests run elsewhere within 15 s (F28): a beat may
 * come up to 2 s before the death, is believed for 6 s, and somebody looks every 2 s. All in milliseconds.
 */
export const HEARTBEAT_MS = 2_000;
export const STALE_MS = 6_000;
export const SWEEP_MS = 2_000;

/** Workers that may fail over one request before it is given up. */
export const MAX_ATTEMPTS = 3;

/** How long a request waits for any worker at all: a person looks on, or linters have a backlog. */
export const MAX_WAIT_MS = { completion: 30_000, analysis: 10 * 60_000 };

/** A suggestion that nobody answers is taken back. */
export const OPEN_MS = 10 * 60_000;

/** Requests that ended are kept for questions of operators. */
export const KEEP_MS = 24 * 3_600_000;
