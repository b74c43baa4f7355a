import type { Answer, HandshakeAuth, ServerEvent } from '@tandem/protocol';
import type { Dial } from '@tandem/protocol/client';
import { sizeOf } from '../../../src/testing/simulation/event-frame.js';
import { SimulatedConnection } from '../../../src/testing/simulation/simulated-connection.js';
import { SimulatedLink } from '../../../src/testing/simulation/simulated-link.js';
import type { SimulatedNode } from '../../../src/testing/simulation/simulated-node.js';
import type { Process, VirtualLoop } from '../../../src/testing/simulation/virtual-loop.js';
import type { WireMonitor } from './wire-monitor.js';

/** Who dials: a tab or a liar. */
export interface Caller {
  readonly process: Process;
  readonly userId: string;
  readonly node: number;
  readonly plan: { readonly latency: number };
  connection: SimulatedConnection | undefined;
}

/** What may wait for a slow reader: so little that a plan gets there. */
const MAX_BACKLOG = 1_500;

/** The load balancer, and the wires behind it. */
export class Dialer {
  readonly links = new Set<SimulatedLink>();

  constructor(
    private readonly loop: VirtualLoop,
    private readonly nodes: readonly (SimulatedNode | undefined)[],
    private readonly monitor: WireMonitor,
  ) {}

  dialFor(caller: Caller): Dial {
    return (_url: string, _auth: HandshakeAuth, listener) => {
      const node = this.route(caller.node);
      if (!node) {
        this.loop.post(caller.process, 5, () => listener.refused(undefined));
        return { send() {}, close() {} };
      }
      const { loop, monitor } = this;
      const link = new SimulatedLink(loop, caller.process, node.process, caller.plan.latency, {
        clientClosed: () => listener.closed(),
        serverClosed: () => {
          monitor.closed(connection);
          node.disconnected(connection);
        },
        drained: () => connection.drained(),
      });
      this.links.add(link);
      const connection = new SimulatedConnection(caller.userId, `${caller.process.name} on ${node.name}`, link, {
        maxBacklog: MAX_BACKLOG,
        wrote: (event: ServerEvent, body) => monitor.wrote(connection, node, event, body),
        atClient: (event, body) => listener.event(event, body),
      });
      caller.connection = connection;
      link.toServer.send({ bytes: 0, kind: 'connect', deliver: () => node.accept(connection) });
      return {
        send: (event: string, body: unknown, answered?: (answer: unknown) => void) => {
          if (!link.isOpenAtClient) return;
          const deliver = () => {
            const asked = monitor.asked(connection, event, body, answered !== undefined);
            node.receive(connection, { event, body, reply: answered as (answer: Answer<object>) => void }, (answer) =>
              monitor.answered(asked, answer),
            );
          };
          link.toServer.send({ bytes: sizeOf(body), kind: event, deliver });
        },
        close: () => link.closeAtClient(),
      };
    };
  }

  private route(wanted: number): SimulatedNode | undefined {
    const { nodes } = this;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[(wanted + i) % nodes.length];
      if (node?.isUp && node.isAccepting) return node;
    }
    return undefined;
  }
}
