/** Plain text: nothing that a mail reader would load from elsewhere. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Mails to people. Sent after the commit of what they tell: a mail cannot be rolled back. */
export abstract class Mailer {
  /** False: `send` rejects with TandemError `mail_unavailable`, and flows that need mail say so. */
  abstract readonly isConfigured: boolean;
  /**
   * Resolves when the mail server has taken it, within a bounded time; a mail that is sent twice arrives twice. Rejects with
   * TandemError `mail_unavailable`; why, the log tells, without the mail's text.
   */
  abstract send(mail: Mail): Promise<void>;
  /** Ends connections that are kept. */
  close(): void {}
}
