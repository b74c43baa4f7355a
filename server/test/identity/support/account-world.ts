import { type Tokens, tokens } from '@tandem/protocol/http';
import { DataSource } from 'typeorm';
import { type TestAnswer, TestApp, type TestSettings } from '../../../src/testing/test-app.js';
import { Mailbox, tokenOf } from './mailbox.js';

export const PASSWORD = 'correct horse battery staple';
export const OTHER_PASSWORD = 'nine slow turtles cross the road';

export interface Person extends Tokens {
  readonly email: string;
}

/** A server that sends mail, and its people. */
export class AccountWorld {
  private people = 0;

  private constructor(
    readonly server: TestApp,
    readonly mailbox: Mailbox,
    readonly dataSource: DataSource,
  ) {}

  static async start(settings: TestSettings = {}, smtpPassword?: string): Promise<AccountWorld> {
    const mailbox = await Mailbox.start(smtpPassword);
    const server = await TestApp.start({
      ...settings,
      mail: { smtpUrl: mailbox.url, from: 'Tandem <tandem@example.org>' },
      publicUrl: 'https://tandem.example.org',
    });
    return new AccountWorld(server, mailbox, server.app.get(DataSource, { strict: false }));
  }

  newAddress(): string {
    this.people += 1;
    return `person${this.people}@example.org`;
  }

  ask(method: string, path: string, body?: unknown, token?: string): Promise<TestAnswer> {
    return this.server.request(method, `/api/v1${path}`, { body, token });
  }

  register(email: string, password = PASSWORD, displayName = 'Ada Lovelace'): Promise<TestAnswer> {
    return this.ask('POST', '/auth/register', { email, password, displayName });
  }

  login(email: string, password = PASSWORD): Promise<TestAnswer> {
    return this.ask('POST', '/auth/login', { email, password });
  }

  /** Registers by mail, and signs in. */
  async person(email = this.newAddress(), displayName = 'Ada Lovelace'): Promise<Person> {
    await this.register(email, PASSWORD, displayName);
    const token = tokenOf(await this.mailbox.next(email), 'register');
    const answer = await this.ask('POST', '/auth/register/confirm', { token, password: PASSWORD });
    return { ...tokens.parse(answer.json()), email };
  }

  async signIn(email: string, password = PASSWORD): Promise<Person> {
    return { ...tokens.parse((await this.login(email, password)).json()), email };
  }

  /** Signed in an hour ago, for all that the server knows. */
  async age(person: Person): Promise<void> {
    await this.dataSource.query(`UPDATE sessions SET created_at = now() - interval '1 hour' WHERE user_id = $1`, [
      person.user.id,
    ]);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.mailbox.stop();
  }
}
