import { TandemError } from '@tandem/protocol';
import { Mailer } from '../../core/access/mailer.js';

/** A server that no mail server was named to. */
export class NoMailer extends Mailer {
  override readonly isConfigured = false;

  override send(): Promise<void> {
    return Promise.reject(new TandemError('mail_unavailable'));
  }
}
