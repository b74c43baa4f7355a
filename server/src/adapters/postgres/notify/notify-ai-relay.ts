import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Notification } from 'pg';
import { type AiCommand, type AiMessage, AiRelay } from '../../../core/ai/ai-relay.js';
import { LocalRelay } from '../../../core/ai/local-relay.js';
import { COMMANDS, Outbox, type Outgoing } from '../../../core/ai/outbox.js';
import { LastingClient } from './lasting-client.js';
import { PayloadReader, toPayloads } from './notify-payload.js';

/**
 * 2,500 messages/s arrive after 3.0 ms (p50; p99 6.2), 10,000/s after 3.2 ms. With 3, 10 and 20 ms the p50 is 1.7, 6.1 and
 * 11.6 ms; shorter means more commits, which notify one after the other in the whole database.
 */
const GAP_MS = 5;

/** Channels belong to a database. A node without watchers, such as a worker, is not sent the messages. */
const MESSAGES = 'tandem_ai';
const ORDERS = 'tandem_ai_commands';

/** A statement of its own, never in a transaction with others: commits that notify wait for each other. */
const NOTIFY = {
  name: 'tandem-ai-notify',
  text: 'SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS news(channel, payload)',
};

/**
 * Over LISTEN and NOTIFY of the database that is there anyway, for several nodes without Redis. A node hears itself directly,
 * database or no database. Holds two connections, one that listens and one that notifies.
 *
 * The order of one sender is kept for each project, and for its commands.
 */
export class NotifyAiRelay extends AiRelay {
  private readonly local: LocalRelay;
  private readonly sender = randomBytes(9).toString('base64url');
  private readonly reader: PayloadReader;
  private readonly listener: LastingClient;
  private readonly notifier: LastingClient;
  private readonly outbox: Outbox;
  private batches = 0;
  private wantsMessages = false;
  /** That batches are lost. */
  private isReported = false;

  /** `report` gets the first error of each outage, and what listeners throw. */
  constructor(
    url: string,
    private readonly report: (error: unknown) => void,
  ) {
    super();
    this.local = new LocalRelay(report);
    this.reader = new PayloadReader(this.sender, (topic) => topic === COMMANDS || this.local.isWatched(topic));
    this.outbox = new Outbox(
      { isOpen: () => this.notifier.isOpen, send: (batch) => this.send(batch) },
      { gapMs: GAP_MS, pause },
    );
    this.notifier = new LastingClient({
      url,
      name: 'tandem-ai-notifier',
      onOpen: () => this.outbox.wake(),
      report,
    });
    this.listener = new LastingClient({
      url,
      name: 'tandem-ai-listener',
      onOpen: (client) => this.listen(client),
      onNotification: (notification) => this.receive(notification),
      report,
    });
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
    if (!this.wantsMessages) {
      this.wantsMessages = true;
      // A connection that is being made listens when it opens.
      this.listener.query(`LISTEN ${MESSAGES}`).catch(ignore);
    }
    return this.local.watch(projectId);
  }

  override async close(): Promise<void> {
    await this.outbox.close();
    await Promise.all([this.notifier.close(), this.listener.close()]);
    await this.local.close();
  }

  private async listen(client: Client): Promise<void> {
    await client.query(`LISTEN ${ORDERS}`);
    if (this.wantsMessages) await client.query(`LISTEN ${MESSAGES}`);
  }

  private async send(batch: readonly Outgoing[]): Promise<void> {
    const number = this.batches++;
    const orders = toPayloads(batch.filter(isOrder), this.sender, number);
    const messages = toPayloads(
      batch.filter((one) => !isOrder(one)),
      this.sender,
      number,
    );
    const channels = [...orders.map(() => ORDERS), ...messages.map(() => MESSAGES)];
    try {
      await this.notifier.query({ ...NOTIFY, values: [channels, [...orders, ...messages]] });
      this.isReported = false;
    } catch (error) {
      if (!this.isReported) this.report(error);
      this.isReported = true;
    }
  }

  private receive({ payload = '' }: Notification): void {
    const news = this.reader.read(payload, performance.now());
    if (news === undefined) return;
    try {
      for (const one of JSON.parse(news) as (AiMessage | AiCommand)[]) {
        if ('projectId' in one) this.local.publish(one);
        else this.local.command(one);
      }
    } catch (error) {
      this.report(error);
    }
  }
}

function isOrder({ topic }: Outgoing): boolean {
  return topic === COMMANDS;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(ignore);
}

function ignore(): void {}
