import type { Chooses } from '../../../src/testing/fault-proxy.js';

/** Connections to PostgreSQL by the application that they name in their first packet: `tandem`, `tandem-bus-listener`, ... */
export const named =
  (application: string): Chooses =>
  ({ hello }) =>
    hello.includes(`\0application_name\0${application}`);
