import { TandemError } from '@tandem/protocol';
import { createTransport } from 'nodemailer';
import { type Mail, Mailer } from '../../core/access/mailer.js';

interface SmtpOptions {
  /** `smtp:` takes STARTTLS where the server has it, `smtps:` is TLS from the start. */
  readonly url: string;
  readonly from: string;
  /** Told of a mail that was not taken: codes of the protocol, never an address, a text or the password of the server. */
  readonly report: (what: SmtpFailure) => void;
}

export interface SmtpFailure {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** Of a connection that hangs; a mail as a whole takes no longer than `TOTAL_MS`. */
const STEP_MS = 10_000;
const TOTAL_MS = 30_000;

/** Hands mails to a mail server, over a few connections that are kept for a while. */
export class SmtpMailer extends Mailer {
  override readonly isConfigured = true;
  private readonly transport;

  constructor(private readonly options: SmtpOptions) {
    super();
    this.transport = createTransport({
      url: options.url,
      pool: true,
      maxConnections: 2,
      connectionTimeout: STEP_MS,
      greetingTimeout: STEP_MS,
      socketTimeout: STEP_MS,
      dnsTimeout: STEP_MS,
      // Where a password is given, it is not given to who takes STARTTLS out of the way.
      requireTLS: hasPassword(options.url),
      // A mail is text: nothing in it names a file or an address to load.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  override async send({ to, subject, text }: Mail): Promise<void> {
    const { from } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error('took too long'), { code: 'ETIMEDOUT' })), TOTAL_MS);
    });
    try {
      // As an object: a text would be read as a list of addresses.
      const sending = this.transport.sendMail({ from, to: { name: '', address: to }, subject, text });
      await Promise.race([sending, late]);
    } catch (error) {
      const { code, command, responseCode } = error as SmtpFailure;
      this.options.report({ code, command, responseCode });
      throw new TandemError('mail_unavailable', 'The mail could not be sent');
    } finally {
      clearTimeout(timer);
    }
  }

  override close(): void {
    this.transport.close();
  }
}

function hasPassword(url: string): boolean {
  const { password, hostname, protocol } = new URL(url);
  return password !== '' && protocol === 'smtp:' && hostname !== 'localhost' && !/^(?:127\.|\[::1\]$)/.test(hostname);
}
