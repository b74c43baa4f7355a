/** Whether what the server cannot work without answers. */
export abstract class Readiness {
  /** Rejects, within seconds, when it does not. */
  abstract check(): Promise<void>;
}
