import { z } from 'zod';
import type { MailConfig } from './app-config.js';
import { optional } from './option.js';
import { url, type Value } from './values.js';

/** Mail, for addresses to be verified and forgotten passwords. */
export const mailOptions = {
  SMTP_URL: optional(
    url('smtp:', 'smtps:'),
    'Mail server, with user and password in it: `smtps://user:password@mail.example.org` (TLS), or `smtp:` with STARTTLS on port 587. With it new accounts begin with a mail, and forgotten passwords can be replaced',
    { otherwise: 'none: no mail is sent' },
  ),
  MAIL_FROM: optional(
    mailbox(),
    'Sender of mails, such as `Tandem <tandem@example.org>`; required with SMTP_URL, as is PUBLIC_URL, which their links begin with',
    { otherwise: 'none' },
  ),
};

export function mailConfig(e: { SMTP_URL?: string; MAIL_FROM?: string }): MailConfig | undefined {
  if (e.SMTP_URL === undefined || e.MAIL_FROM === undefined) return undefined;
  return { smtpUrl: e.SMTP_URL, from: e.MAIL_FROM };
}

function mailbox(): Value<string> {
  const schema = z.string().refine((value) => {
    const address = /^[^<>\r\n]*<([^<>]+)>$/.exec(value)?.[1] ?? value;
    return z.email().safeParse(address).success;
  });
  return { type: 'mailbox', expects: 'an e-mail address, or a name with an address in angle brackets', schema };
}
