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
  /** Whether the password is taken for a wrong one; the refusal repeats it, as a careless server does. */
  refuseLogin = false;

  private constructor(
    private readonly server: SMTPServer,
    readonly url: string,
  ) {}

  /** `password`: of the user `tandem`, who signs in; absent: nobody does. */
  static async start(password?: string): Promise<Mailbox> {
    const server = new SMTPServer({
      authOptional: password === undefined,
      allowInsecureAuth: true,
      disabledCommands: password === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
      onAuth: ({ username, password: given }, _session, done) => {
        const isRight = username === 'tandem' && given === password && !mailbox.refuseLogin;
        if (isRight) done(null, { user: username });
        else done(Object.assign(new Error(`${given} is not the password`), { responseCode: 535 }));
      },
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
    const login = password === undefined ? '' : `tandem:${encodeURIComponent(password)}@`;
    const mailbox = new Mailbox(server, `smtp://${login}127.0.0.1:${port}`);
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
