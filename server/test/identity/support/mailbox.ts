import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { eventually } from '../../../src/testing/eventually.js';

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A mail server on loopback that keeps what it takes. */
export class Mailbox {
  readonly mails: ReceivedMail[] = [];
  /** What the next recipient is refused with. */
  refuse: { code: number; message: string } | undefined;

  private constructor(
    private readonly server: SMTPServer,
    readonly url: string,
  ) {}

  static async start(): Promise<Mailbox> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: (_address, _session, done) => {
        const { refuse } = mailbox;
        done(refuse && Object.assign(new Error(refuse.message), { responseCode: refuse.code }));
      },
      onData: (stream, session, done) => {
        text(stream).then((raw) => {
          for (const { address } of session.envelope.rcptTo) mailbox.mails.push(mailOf(address, raw));
          done();
        }, done);
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.server.address() as AddressInfo;
    const mailbox = new Mailbox(server, `smtp://127.0.0.1:${port}`);
    return mailbox;
  }

  /** The next mail to `to` that this has not answered before. */
  async next(to: string): Promise<ReceivedMail> {
    let found = -1;
    await eventually(`a mail to ${to}`, () => {
      found = this.mails.findIndex((mail) => mail.to === to);
      return found >= 0;
    });
    return this.mails.splice(found, 1)[0]!;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** The token of the link in a mail. */
export function tokenOf(mail: ReceivedMail, name: string): string {
  const token = new RegExp(`^https://tandem\\.example\\.org/#${name}=([\\w-]{43})$`, 'm').exec(mail.text)?.[1];
  if (token === undefined) throw new Error(`There is no link in: ${mail.text}`);
  return token;
}

function mailOf(to: string, raw: string): ReceivedMail {
  const end = raw.indexOf('\r\n\r\n');
  const [head, body] = [raw.slice(0, end).replace(/\r\n[ \t]+/g, ' '), raw.slice(end + 4)];
  const subject = /^Subject: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
  const isQuoted = /^Content-Transfer-Encoding: quoted-printable/im.test(head);
  const plain = isQuoted ? fromQuotedPrintable(body) : body;
  return { to, subject, text: plain.replaceAll('\r\n', '\n') };
}

function fromQuotedPrintable(body: string): string {
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
