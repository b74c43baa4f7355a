import type { ErrorCode } from '@tandem/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What operators see of the socket door. */
export class SocketMetrics {
  private readonly refusals: Counter;

  constructor(registry: Registry, connections: { readonly size: number }) {
    new Gauge({
      name: 'tandem_socket_connections',
      help: 'Signed-in editors that are connected',
      registers: [registry],
      collect() {
        this.set(connections.size);
      },
    });
    this.refusals = new Counter({
      name: 'tandem_socket_refusals_total',
      help: 'Refused events, by event and code; edits are document:update',
      labelNames: ['event', 'code'],
      registers: [registry],
    });
  }

  /** `event` is one of the protocol's, or `unknown`: what a client made up never becomes a label. */
  refused(event: string, code: ErrorCode): void {
    this.refusals.inc({ event, code });
  }
}
