import { Module } from '@nestjs/common';
import { AccountController } from './account.controller.js';
import { AccountEndController } from './account-end.controller.js';
import { Addresses } from './addresses.js';
import { OutgoingMails } from './outgoing-mails.js';
import { PasswordPolicy } from './password-policy.js';
import { Passwords } from './passwords.js';
import { Reauthentication } from './reauthentication.js';
import { RecoveryController } from './recovery.controller.js';
import { Registrations } from './registrations.js';

/** The life of an account after it began: name, address, password, export and end (decision 017). */
@Module({
  controllers: [AccountController, AccountEndController, RecoveryController],
  providers: [Addresses, OutgoingMails, PasswordPolicy, Passwords, Reauthentication, Registrations],
  exports: [OutgoingMails, PasswordPolicy, Reauthentication, Registrations],
})
export class AccountModule {}
