import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChainableCommander, Redis } from 'ioredis';
import { Listeners } from '../../core/bus/listeners.js';
import { NodeBus, type PublishOptions } from '../../core/bus/node-bus.js';
import { Outbox, type Outgoing, textsByTopic } from '../../core/bus/outbox.js';
import { Watches } from '../../core/bus/watches.js';
import { NEVER_AGAIN, openRedis } from './open-redis.js';

/** 2,500 messages/s arrive after 1.6 ms (p50), 10,000/s after 1.7 ms; a lone one leaves at once and takes 0.9 ms. */
const GAP_MS = 2;
const HEARTBEAT_MS = 2000;
/** Who begins to listen misses that much of what can be done without; then it is sent again, and asked again. */
const UNHEARD_MS = 500;
const MAX_UNHEARD = 10_000;
const TIMEOUT_MS = 1500;
const PREFIX = 'tandem:';

/**
 * Over Redis pub/sub: a channel for each topic, subscribed to while it is watched here. A message is
 * `<sender> <JSON array>`; the sender's own come back and are let go.
 */
export class RedisNodeBus extends NodeBus {
  override readonly takesBulk = true;
  private readonly listeners: Listeners<[string, object]>;
  private readonly watches: Watches;
  private readonly sender = randomBytes(9).toString('base64url');
  private readonly publisher: Redis;
  private readonly subscriber: Redis;
  private readonly outbox: Outbox;
  private readonly heartbeat: NodeJS.Timeout;
  /** Topics that nobody else listened to, and until when that is believed. */
  private readonly unheardUntil = new Map<string, number>();
  /** That batches are lost. */
  private isReported = false;
  private isClosed = false;

  /** `report` gets the first error of each outage, and what listeners throw. */
  constructor(
    url: string,
    private readonly report: (error: unknown) => void,
  ) {
    super();
    this.listeners = new Listeners(report);
    this.publisher = this.connect(url, 'tandem-bus-publisher');
    this.subscriber = this.connect(url, 'tandem-bus-subscriber');
    this.outbox = new Outbox(
      { isOpen: () => this.publisher.status === 'ready', send: (batch) => this.send(batch) },
      { gapMs: GAP_MS, pause },
    );
    this.watches = new Watches({ begun: (topic) => this.listen([topic]), ended: (topic) => this.unlisten(topic) });
    this.publisher.on('ready', () => this.outbox.wake());
    this.subscriber.on('ready', () => this.listen(this.watches.topics()));
    this.subscriber.on('message', (channel, message) => this.receive(channel.slice(PREFIX.length), message));
    // A subscriber only listens: without a question it would never learn that nobody is there.
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS).unref();
  }

  /** What can be done without is not sent where a moment ago nobody else was listening: a stream is 500 messages a second. */
  override publish(topic: string, message: object, options?: PublishOptions): void {
    if (options?.isExpendable && performance.now() < (this.unheardUntil.get(topic) ?? 0)) return;
    this.outbox.push(topic, message, options);
  }

  override subscribe(listener: (topic: string, message: object) => void): () => void {
    return this.listeners.add(listener);
  }

  override watch(topic: string): () => void {
    return this.watches.add(topic);
  }

  override async close(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.outbox.close();
    this.isClosed = true;
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  private connect(url: string, connectionName: string): Redis {
    // A server that is silent, not gone, is noticed by the timeout of the socket.
    const timeouts = { commandTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
    return openRedis(url, { ...NEVER_AGAIN, ...timeouts, autoResubscribe: false, connectionName }, (error) => {
      // A connection that is given up while it is made complains of that.
      if (!this.isClosed) this.report(error);
    });
  }

  private async send(batch: readonly Outgoing[]): Promise<void> {
    const pipeline: ChainableCommander = this.publisher.pipeline();
    const topics = textsByTopic(batch);
    for (const [topic, texts] of topics) pipeline.publish(PREFIX + topic, `${this.sender} [${texts.join()}]`);
    const answers = await pipeline.exec().catch(toFailure);
    for (const [index, topic] of [...topics.keys()].entries()) this.note(topic, answers?.[index]?.[1]);
    const failure = answers?.find(([error]) => error)?.[0];
    if (failure && !this.isReported) this.report(failure);
    this.isReported = failure !== undefined;
  }

  /** PUBLISH tells how many have got it: this node among them, if it listens. */
  private note(topic: string, receivers: unknown): void {
    const isHeard = typeof receivers !== 'number' || receivers > (this.watches.has(topic) ? 1 : 0);
    if (isHeard) this.unheardUntil.delete(topic);
    else this.unheardUntil.set(topic, performance.now() + UNHEARD_MS);
    if (this.unheardUntil.size > MAX_UNHEARD) this.unheardUntil.clear();
  }

  private receive(topic: string, message: string): void {
    if (!this.watches.has(topic) || message.startsWith(`${this.sender} `)) return;
    // Who speaks, listens.
    this.unheardUntil.delete(topic);
    try {
      const news = JSON.parse(message.slice(message.indexOf(' '))) as object[];
      for (const one of news) this.listeners.tell(topic, one);
    } catch (error) {
      this.report(error);
    }
  }

  /** What is lost with the connection is made up for when it is ready again. */
  private listen(topics: readonly string[]): void {
    if (this.subscriber.status !== 'ready' || topics.length === 0) return;
    this.subscriber.subscribe(...topics.map((topic) => PREFIX + topic)).catch(ignore);
  }

  private unlisten(topic: string): void {
    if (this.subscriber.status !== 'ready') return;
    this.subscriber.unsubscribe(PREFIX + topic).catch(ignore);
  }

  private beat(): void {
    if (this.subscriber.status === 'ready') this.subscriber.ping().catch(ignore);
  }
}

function toFailure(error: Error): [error: Error | null, result: unknown][] {
  return [[error, undefined]];
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(ignore);
}

function ignore(): void {}
