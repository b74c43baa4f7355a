/** How much load, within bounds that end every run by itself. */
export interface Settings {
  /** A server that runs already, on loopback; absent: one is started for the run. */
  readonly url?: string;
  readonly users: number;
  readonly documents: number;
  /** How long each person types. */
  readonly seconds: number;
  /** Keys that a person presses in a second. */
  readonly keysPerSecond: number;
  /** Over how many seconds people arrive. */
  readonly rampSeconds: number;
  /** How long after the last key of a person everything must be stored and have arrived. */
  readonly settleSeconds: number;
}

export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const read = (key: string, fallback: number, max: number): number => {
    const value = Number(env[key] || fallback);
    if (!Number.isInteger(value) || value < 1 || value > max) throw new Error(`${key} must be 1 to ${max}`);
    return value;
  };
  return {
    ...(env.URL ? { url: env.URL } : {}),
    users: read('USERS', 40, 500),
    documents: read('DOCUMENTS', 10, 100),
    seconds: read('SECONDS', 20, 300),
    keysPerSecond: read('KEYS_PER_SECOND', 5, 20),
    rampSeconds: read('RAMP_SECONDS', 5, 60),
    settleSeconds: read('SETTLE_SECONDS', 15, 60),
  };
}

export function keystrokesOf({ seconds, keysPerSecond }: Settings): number {
  return seconds * keysPerSecond;
}
