import type { FactoryProvider } from '@nestjs/common';
import type pino from 'pino';
import { InProcessNodeBus } from '../adapters/memory/in-process-node-bus.js';
import { NotifyNodeBus } from '../adapters/postgres/notify/notify-node-bus.js';
import { RedisNodeBus } from '../adapters/redis/redis-node-bus.js';
import type { AppConfig } from '../config/app-config.js';
import { BusChanges } from '../core/access/bus-changes.js';
import { ChangeFeed } from '../core/access/change-feed.js';
import { Changes } from '../core/access/changes.js';
import { AiRelay } from '../core/ai/ai-relay.js';
import { BusAiRelay } from '../core/ai/bus-ai-relay.js';
import { NodeBus } from '../core/bus/node-bus.js';
import { BusRoomBus } from '../core/document/bus-room-bus.js';
import { RoomBus } from '../core/document/room-bus.js';
import { bind } from './bind.js';

export interface BusOptions {
  readonly config: AppConfig;
  readonly databaseUrl: string;
}

/** What the nodes and workers tell each other, over one transport; who closes `NodeBus` closes all of it. */
export function busBindings(options: BusOptions, logger: pino.Logger): FactoryProvider[] {
  const report = (what: string) => (error: unknown) => logger.warn({ err: error }, what);
  return [
    bind(NodeBus, [], () => createNodeBus(options, report('the bus between nodes has trouble'))),
    bind(AiRelay, [NodeBus], (bus: NodeBus) => new BusAiRelay(bus, report('a listener to the AI relay failed'))),
    bind(RoomBus, [NodeBus], (bus: NodeBus) => new BusRoomBus(bus)),
    bind(BusChanges, [NodeBus], (bus: NodeBus) => {
      const feed = isAlone(options.config) ? undefined : new ChangeFeed();
      return new BusChanges(bus, report('a listener to changes failed'), feed);
    }),
    bind(Changes, [BusChanges], (changes: BusChanges) => changes),
  ];
}

/** With a database that it started itself a server is alone, unless Redis joins it to others. */
export function isAlone({ databaseUrl, redisUrl }: AppConfig): boolean {
  return !databaseUrl && !redisUrl;
}

function createNodeBus({ config, databaseUrl }: BusOptions, report: (error: unknown) => void): NodeBus {
  if (config.redisUrl) return new RedisNodeBus(config.redisUrl, report);
  return isAlone(config) ? new InProcessNodeBus(report) : new NotifyNodeBus(databaseUrl, report);
}
