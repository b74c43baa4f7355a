/** Who is alive: a lane may be taken over only when its owner is gone. */
export interface LaneLock {
  /** Holds the lane until the returned function is called; undefined when somebody else holds it. */
  tryHold(lane: string): Promise<(() => void) | undefined>;
}

/** Web Locks: the browser lets go when a tab is closed or crashes. */
export const webLock = (locks: LockManager): LaneLock => ({
  tryHold: (lane) =>
    new Promise((resolve, reject) => {
      locks
        .request(`tandem-outbox:${lane}`, { ifAvailable: true }, (lock) => {
          if (!lock) return resolve(undefined);
          return new Promise<void>((release) => resolve(release));
        })
        .catch(reject);
    }),
});
