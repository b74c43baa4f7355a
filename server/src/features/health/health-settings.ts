export abstract class HealthSettings {
  /** Lets in whoever brings it as a bearer token; without one only this machine is let in. */
  abstract readonly metricsToken?: string;
}
