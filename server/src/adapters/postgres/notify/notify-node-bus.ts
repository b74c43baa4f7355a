import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, escapeIdentifier, type Notification } from 'pg';
import { Listeners } from '../../../core/bus/listeners.js';
import { NodeBus, type PublishOptions } from '../../../core/bus/node-bus.js';
import { Outbox, type Outgoing } from '../../../core/bus/outbox.js';
import { Watches } from '../../../core/bus/watches.js';
import { LastingClient } from './lasting-client.js';
import { PayloadReader, toPayloads } from './notify-payload.js';

/**
 * 2,500 messages/s arrive after 3.0 ms (p50; p99 6.2), 10,000/s after 3.2 ms. With 3, 10 and 20 ms the p50 is 1.7, 6.1 and
 * 11.6 ms; shorter means more commits, which notify one after the other in the whole database.
 */
const GAP_MS = 5;

const LISTENER = 'tandem-bus-listener';

const OTHERS = {
  name: 'tandem-bus-others',
  text: `SELECT count(*)::int AS others FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()`,
  values: [LISTENER],
};

/** Looks, two seconds apart, that must have found nobody else before nothing is sent any more. */
const ALONE_AFTER = 2;

/** A statement of its own, never in a transaction with others: commits that notify wait for each other. */
const NOTIFY = {
  name: 'tandem-notify',
  text: 'SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS news(channel, payload)',
};

/**
 * Over LISTEN and NOTIFY of the database that is there anyway, for several nodes without Redis. Holds two connections, one
 * that listens and one that notifies.
 *
 * A channel for each family of topics, listened to from the first watch of one of them: a session compares each notification
 * of its database with its channels one by one, so they must be few. What nobody watches here is let go unread.
 */
export class NotifyNodeBus extends NodeBus {
  override readonly takesBulk = false;
  private readonly listeners: Listeners<[string, object]>;
  private readonly watches = new Watches({ begun: (topic) => this.listenTo(channelOf(topic)) });
  private readonly channels = new Set<string>();
  private readonly sender = randomBytes(9).toString('base64url');
  private readonly reader: PayloadReader;
  private readonly listener: LastingClient;
  private readonly notifier: LastingClient;
  private readonly outbox: Outbox;
  private batches = 0;
  /** How many looks in a row found no other listener. */
  private foundNobody = 0;
  /** That batches are lost. */
  private isReported = false;

  /** `report` gets the first error of each outage, and what listeners throw. */
  constructor(
    url: string,
    private readonly report: (error: unknown) => void,
  ) {
    super();
    this.listeners = new Listeners(report);
    this.reader = new PayloadReader(this.sender, (topic) => this.watches.has(topic));
    this.outbox = new Outbox(
      { isOpen: () => this.notifier.isOpen, send: (batch) => this.send(batch) },
      { gapMs: GAP_MS, pause },
    );
    this.notifier = new LastingClient({
      url,
      name: 'tandem-bus-notifier',
      onOpen: () => this.outbox.wake(),
      report,
    });
    this.listener = new LastingClient({
      url,
      name: LISTENER,
      onOpen: (client) => this.listen(client),
      onBeat: (client) => this.lookAround(client),
      onNotification: (notification) => this.receive(notification),
      report,
    });
  }

  /** A node that nobody listens to spares the database its notifications: a stream of tokens is a commit each 5 ms. */
  override publish(topic: string, message: object, options?: PublishOptions): void {
    if (this.foundNobody >= ALONE_AFTER) return;
    this.outbox.push(topic, message, options);
  }

  override subscribe(listener: (topic: string, message: object) => void): () => void {
    return this.listeners.add(listener);
  }

  override watch(topic: string): () => void {
    return this.watches.add(topic);
  }

  override async close(): Promise<void> {
    await this.outbox.close();
    await Promise.all([this.notifier.close(), this.listener.close()]);
  }

  private listenTo(channel: string): void {
    if (this.channels.has(channel)) return;
    this.channels.add(channel);
    // A connection that is being made listens when it opens.
    this.listener.query(listenStatement(channel)).catch(ignore);
  }

  private async lookAround(client: Client): Promise<void> {
    const { rows } = await client.query<{ others: number }>(OTHERS);
    this.foundNobody = rows[0]?.others === 0 ? this.foundNobody + 1 : 0;
  }

  private async listen(client: Client): Promise<void> {
    this.foundNobody = 0;
    for (const channel of this.channels) await client.query(listenStatement(channel));
  }

  private async send(batch: readonly Outgoing[]): Promise<void> {
    const payloads = toPayloads(batch, this.sender, this.batches++);
    const values = [payloads.map(({ topic }) => channelOf(topic)), payloads.map(({ text }) => text)];
    try {
      await this.notifier.query({ ...NOTIFY, values });
      this.isReported = false;
    } catch (error) {
      if (!this.isReported) this.report(error);
      this.isReported = true;
    }
  }

  private receive({ payload = '' }: Notification): void {
    // Somebody has come who was not found yet.
    if (!payload.startsWith(`${this.sender} `)) this.foundNobody = 0;
    const news = this.reader.read(payload, performance.now());
    if (news === undefined) return;
    try {
      for (const one of JSON.parse(news.texts) as object[]) this.listeners.tell(news.topic, one);
    } catch (error) {
      this.report(error);
    }
  }
}

/** Channels belong to a database. */
function channelOf(topic: string): string {
  return `tandem_${topic.split(':', 1)[0]}`;
}

function listenStatement(channel: string): string {
  return `LISTEN ${escapeIdentifier(channel)}`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(ignore);
}

function ignore(): void {}
