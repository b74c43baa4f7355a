import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChainableCommander, Redis } from 'ioredis';
import { type AiCommand, type AiMessage, AiRelay } from '../../core/ai/ai-relay.js';
import { LocalRelay } from '../../core/ai/local-relay.js';
import { COMMANDS, Outbox, type Outgoing } from '../../core/ai/outbox.js';
import { NEVER_AGAIN, openRedis } from './open-redis.js';

/** 2,500 messages/s arrive after 1.6 ms (p50), 10,000/s after 1.7 ms; a lone one leaves at once and takes 0.9 ms. */
const GAP_MS = 2;
const HEARTBEAT_MS = 2000;
const TIMEOUT_MS = 1500;

/**
 * Over Redis pub/sub: a channel for each project, subscribed to while it is watched here, and one for commands. A node hears
 * itself directly, Redis or no Redis. A message is `<sender> <JSON array>`; the sender's own come back and are let go.
 *
 * The order of one sender is kept for each project, and for its commands.
 */
export class RedisAiRelay extends AiRelay {
  private readonly local: LocalRelay;
  private readonly sender = randomBytes(9).toString('base64url');
  private readonly publisher: Redis;
  private readonly subscriber: Redis;
  private readonly outbox: Outbox;
  private readonly heartbeat: NodeJS.Timeout;
  /** That batches are lost. */
  private isReported = false;

  /** `report` gets the first error of each outage, and what listeners throw. */
  constructor(
    url: string,
    private readonly report: (error: unknown) => void,
  ) {
    super();
    this.local = new LocalRelay(report);
    const options = { ...NEVER_AGAIN, autoResubscribe: false };
    // A server that is silent, not gone, is noticed by the timeout of the socket.
    const timeouts = { commandTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
    this.publisher = openRedis(url, { ...options, ...timeouts, connectionName: 'tandem-ai-publisher' }, report);
    this.subscriber = openRedis(url, { ...options, ...timeouts, connectionName: 'tandem-ai-subscriber' }, report);
    this.outbox = new Outbox(
      { isOpen: () => this.publisher.status === 'ready', send: (batch) => this.send(batch) },
      { gapMs: GAP_MS, pause },
    );
    this.publisher.on('ready', () => this.outbox.wake());
    this.subscriber.on('ready', () => this.listen([COMMANDS, ...this.local.watched()]));
    this.subscriber.on('message', (_channel, message) => this.receive(message));
    // A subscriber only listens: without a question it would never learn that nobody is there.
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS).unref();
  }

  override publish(message: AiMessage): void {
    this.local.publish(message);
    const isExpendable = message.type === 'delta';
    this.outbox.push({ topic: message.projectId, text: JSON.stringify(message), isExpendable });
  }

  override command(command: AiCommand): void {
    this.local.command(command);
    this.outbox.push({ topic: COMMANDS, text: JSON.stringify(command), isExpendable: false });
  }

  override subscribe(listener: (message: AiMessage) => void): () => void {
    return this.local.subscribe(listener);
  }

  override onCommand(listener: (command: AiCommand) => void): () => void {
    return this.local.onCommand(listener);
  }

  override watch(projectId: string): () => void {
    const isFirst = !this.local.isWatched(projectId);
    const end = this.local.watch(projectId);
    if (isFirst) this.listen([projectId]);
    return () => {
      const wasWatched = this.local.isWatched(projectId);
      end();
      if (wasWatched && !this.local.isWatched(projectId)) this.unlisten(projectId);
    };
  }

  override async close(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.outbox.close();
    this.publisher.disconnect();
    this.subscriber.disconnect();
    await this.local.close();
  }

  private async send(batch: readonly Outgoing[]): Promise<void> {
    const topics = new Map<string, string[]>();
    for (const { topic, text } of batch) {
      const texts = topics.get(topic);
      if (texts) texts.push(text);
      else topics.set(topic, [text]);
    }
    const pipeline: ChainableCommander = this.publisher.pipeline();
    for (const [topic, texts] of topics) pipeline.publish(channelOf(topic), `${this.sender} [${texts.join()}]`);
    const answers = await pipeline.exec().catch(toFailure);
    const failure = answers?.find(([error]) => error)?.[0];
    if (failure && !this.isReported) this.report(failure);
    this.isReported = failure !== undefined;
  }

  private receive(message: string): void {
    if (message.startsWith(`${this.sender} `)) return;
    try {
      const news = JSON.parse(message.slice(message.indexOf(' '))) as (AiMessage | AiCommand)[];
      for (const one of news) {
        if ('projectId' in one) this.local.publish(one);
        else this.local.command(one);
      }
    } catch (error) {
      this.report(error);
    }
  }

  /** What is lost with the connection is made up for when it is ready again. */
  private listen(topics: readonly string[]): void {
    if (this.subscriber.status !== 'ready') return;
    this.subscriber.subscribe(...topics.map(channelOf)).catch(ignore);
  }

  private unlisten(topic: string): void {
    if (this.subscriber.status !== 'ready') return;
    this.subscriber.unsubscribe(channelOf(topic)).catch(ignore);
  }

  private beat(): void {
    if (this.subscriber.status === 'ready') this.subscriber.ping().catch(ignore);
  }
}

function channelOf(topic: string): string {
  return topic === COMMANDS ? 'tandem:ai-commands' : `tandem:ai:${topic}`;
}

function toFailure(error: Error): [error: Error | null, result: unknown][] {
  return [[error, undefined]];
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(ignore);
}

function ignore(): void {}
