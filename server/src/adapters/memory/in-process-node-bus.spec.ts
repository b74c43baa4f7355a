import { describe } from '@jest/globals';
import { aiRelayContract, relaysOver } from '../../testing/ai-relay-contract.js';
import { nodeBusContract, nodesUnderTest } from '../../testing/node-bus-contract.js';
import { roomBusContract, roomBusesOver } from '../../testing/room-bus-contract.js';
import { InProcessNodeBus, NodeHub } from './in-process-node-bus.js';

describe('InProcessNodeBus', () => {
  const open = async () => {
    const hub = new NodeHub();
    return nodesUnderTest((report) => new InProcessNodeBus(report, hub));
  };

  describe('as a bus', () => nodeBusContract(open));
  describe('under the AI relay', () => aiRelayContract(relaysOver(open)));
  describe('under the doorbell', () => roomBusContract(roomBusesOver(open)));
});
