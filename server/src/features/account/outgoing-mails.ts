import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Mailer } from '../../core/access/mailer.js';
import { AccountSettings } from './account-settings.js';
import { MAIL_TEXTS } from './mail-texts.js';

/** A server that sends more than this is being used to send mail: what is beyond waits, and then is not sent. */
const AT_ONCE = 4;
const MOST_WAITING = 1000;
/** What a stop waits for. */
const LAST_MS = 3000;

type Texts = typeof MAIL_TEXTS;
export type MailKind = keyof Texts;

/**
 * Work that ends in a mail, done after the request was answered. So the answer takes the same time whether there is somebody to
 * write to or not (A38), and nobody waits for a mail server. What fails is logged; who waits for a mail asks again.
 */
@Injectable()
export class OutgoingMails implements BeforeApplicationShutdown {
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly mailer: Mailer,
    private readonly settings: AccountSettings,
    private readonly log: PinoLogger,
  ) {
    log.setContext('mail');
  }

  get isConfigured(): boolean {
    return this.mailer.isConfigured;
  }

  /** Returns at once. */
  later(work: () => Promise<void>): void {
    if (this.waiting.length >= MOST_WAITING) {
      this.log.warn('Too many mails wait: one is not sent');
      return;
    }
    this.waiting.push(work);
    this.pump();
  }

  /** Rejects with `mail_unavailable`. */
  async send<K extends MailKind>(to: string, kind: K, ...words: Parameters<Texts[K]>): Promise<void> {
    const text = MAIL_TEXTS[kind] as (...words: string[]) => { subject: string; text: string };
    await this.mailer.send({ to, ...text(...words) });
  }

  /** The page that the token of a mail opens; a fragment is not sent to servers, nor kept in their logs. */
  link(name: 'register' | 'verify' | 'reset', token: string): string {
    return `${this.signIn}#${name}=${token}`;
  }

  get signIn(): string {
    return `${this.settings.publicUrl ?? ''}/`;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.waiting.length = 0;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_MS);
    });
    await Promise.race([Promise.all(this.running), late]);
    clearTimeout(timer);
    this.mailer.close();
  }

  private pump(): void {
    while (this.running.size < AT_ONCE) {
      const work = this.waiting.shift();
      if (work === undefined) return;
      const run = work()
        // What the mailer has to say it has logged; anything else is worth a line here.
        .catch((error: unknown) => this.log.warn({ err: error }, 'A mail was not sent'))
        .finally(() => {
          this.running.delete(run);
          this.pump();
        });
      this.running.add(run);
    }
  }
}
