import type { ErrorCode } from '@tandem/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What operators see of the socket door. */
export class SocketMetrics {
  private readonly refusals: Counter;
  private readonly turnedAwayTotal: Counter;

  constructor(registry: Registry, connections: { readonly size: number }, door: { readonly pending: number }) {
    new Gauge({
      name: 'tandem_socket_connections',
      help: 'Signed-in editors that are connected',
      registers: [registry],
      collect() {
        this.set(connections.size);
      },
    });
    new Gauge({
      name: 'tandem_socket_pending_connections',
      help: 'Connections that have not signed in yet',
      registers: [registry],
      collect() {
        this.set(door.pending);
      },
    });
    this.turnedAwayTotal = new Counter({
      name: 'tandem_socket_refused_connections_total',
      help: 'Sign-ins of connections that were refused, by code',
      labelNames: ['code'],
      registers: [registry],
    });
    this.refusals = new Counter({
      name: 'tandem_socket_refusals_total',
      help: 'Refused events, by event and code; edits are document:update',
      labelNames: ['event', 'code'],
      registers: [registry],
    });
  }

  turnedAway(code: ErrorCode): void {
    this.turnedAwayTotal.inc({ code });
  }

  /** `event` is one of the protocol's, or `unknown`: what a client made up never becomes a label. */
  refused(event: string, code: ErrorCode): void {
    this.refusals.inc({ event, code });
  }
}
