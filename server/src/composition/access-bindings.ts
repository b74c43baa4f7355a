import type { FactoryProvider } from '@nestjs/common';
import type pino from 'pino';
import { DataSource } from 'typeorm';
import { Argon2PasswordHashes } from '../adapters/crypto/argon2-password-hashes.js';
import { JwtAccessTokens } from '../adapters/crypto/jwt-access-tokens.js';
import { KeyRing } from '../adapters/crypto/key-ring.js';
import { KeySealing } from '../adapters/crypto/key-sealing.js';
import { ListedCommonPasswords } from '../adapters/crypto/listed-common-passwords.js';
import { OtpauthCodes } from '../adapters/crypto/otpauth-codes.js';
import { NoMailer } from '../adapters/mail/no-mailer.js';
import { SmtpMailer } from '../adapters/mail/smtp-mailer.js';
import { PostgresAccountDeletion } from '../adapters/postgres/account-deletion.js';
import { PostgresAccountExport } from '../adapters/postgres/account-export.js';
import { PostgresAccounts } from '../adapters/postgres/accounts.js';
import { PostgresAuditLog } from '../adapters/postgres/audit-log.js';
import { PostgresChangeLog } from '../adapters/postgres/change-log.js';
import { PostgresMemberships } from '../adapters/postgres/memberships.js';
import { PostgresOneTimeTokens } from '../adapters/postgres/one-time-tokens.js';
import { PostgresPersonalTokens } from '../adapters/postgres/personal-tokens.js';
import { PostgresProfiles } from '../adapters/postgres/profiles.js';
import { PostgresProjectLinks } from '../adapters/postgres/project-links.js';
import { PostgresSecondFactors } from '../adapters/postgres/second-factors.js';
import { PostgresSignInLinks } from '../adapters/postgres/sign-in-links.js';
import { PostgresSignInSessions } from '../adapters/postgres/sign-in-sessions.js';
import { PostgresSignInThrottle } from '../adapters/postgres/sign-in-throttle.js';
import { PostgresSigningKeyStore } from '../adapters/postgres/signing-key-store.js';
import type { AppConfig } from '../config/app-config.js';
import { AccessTokens } from '../core/access/access-tokens.js';
import { AccountDeletion } from '../core/access/account-deletion.js';
import { AccountExport } from '../core/access/account-export.js';
import { Accounts } from '../core/access/accounts.js';
import { AuditLog } from '../core/access/audit-log.js';
import { ChangeLog } from '../core/access/change-log.js';
import { Changes } from '../core/access/changes.js';
import { CommonPasswords } from '../core/access/common-passwords.js';
import { Identities } from '../core/access/identities.js';
import { Mailer } from '../core/access/mailer.js';
import { Memberships } from '../core/access/memberships.js';
import { OneTimeTokens } from '../core/access/one-time-tokens.js';
import { PasswordHashes } from '../core/access/password-hashes.js';
import { PersonalTokenVerifier } from '../core/access/personal-token-verifier.js';
import { PersonalTokens } from '../core/access/personal-tokens.js';
import { Profiles } from '../core/access/profiles.js';
import { SecondFactors } from '../core/access/second-factors.js';
import { RefreshChain } from '../core/access/secret-tokens.js';
import { SignInLinks } from '../core/access/sign-in-links.js';
import { SignInSessions } from '../core/access/sign-in-sessions.js';
import { SignInThrottle } from '../core/access/sign-in-throttle.js';
import { KeyUpkeep, PublicKeys } from '../core/access/signing-keys.js';
import { TokenVerifiers } from '../core/access/token-verifiers.js';
import { TotpCodes } from '../core/access/totp-codes.js';
import { ProjectLinks } from '../core/project/project-links.js';
import { AccountSettings } from '../features/account/account-settings.js';
import { AuditSettings } from '../features/audit/audit-settings.js';
import { AuthSettings } from '../features/auth/auth-settings.js';
import { bind } from './bind.js';
import { externalTokens, identityBindings } from './identity-bindings.js';

/** Who somebody is, and what they may. */
export function accessBindings(
  { config, secret }: { config: AppConfig; secret: string },
  logger: pino.Logger,
): FactoryProvider[] {
  return [
    bind(Accounts, [DataSource], (db: DataSource) => new PostgresAccounts(db)),
    bind(Profiles, [DataSource], (db: DataSource) => new PostgresProfiles(db)),
    bind(Memberships, [DataSource], (db: DataSource) => new PostgresMemberships(db)),
    bind(ChangeLog, [DataSource], (db: DataSource) => new PostgresChangeLog(db)),
    bind(PasswordHashes, [], () => new Argon2PasswordHashes()),
    bind(SignInSessions, [DataSource], (db: DataSource) => new PostgresSignInSessions(db)),
    bind(SignInLinks, [DataSource], (db: DataSource) => new PostgresSignInLinks(db)),
    bind(SignInThrottle, [DataSource], (db: DataSource) => new PostgresSignInThrottle(db)),
    bind(RefreshChain, [], () => new RefreshChain(secret)),
    bind(KeyRing, [DataSource], (db: DataSource) =>
      KeyRing.open(new PostgresSigningKeyStore(db), new KeySealing(secret), config),
    ),
    bind(PublicKeys, [KeyRing], (keys: KeyRing) => keys),
    bind(KeyUpkeep, [KeyRing], (keys: KeyRing) => keys),
    bind(PersonalTokens, [DataSource], (db: DataSource) => new PostgresPersonalTokens(db)),
    bind(
      AccessTokens,
      [KeyRing, SignInSessions, PersonalTokens, Identities, Changes],
      (keys: KeyRing, sessions: SignInSessions, personal: PersonalTokens, identities: Identities, changes: Changes) =>
        new TokenVerifiers(new JwtAccessTokens(keys, sessions, config), [
          new PersonalTokenVerifier(personal),
          ...externalTokens(config, identities, changes),
        ]),
    ),
    bind(AuditLog, [DataSource], (db: DataSource) => new PostgresAuditLog(db)),
    bind(
      ProjectLinks,
      [DataSource, AuditLog],
      (db: DataSource, audit: AuditLog) => new PostgresProjectLinks(db, audit),
    ),
    bind(AuditSettings, [], () => config),
    bind(OneTimeTokens, [DataSource], (db: DataSource) => new PostgresOneTimeTokens(db)),
    bind(AccountDeletion, [DataSource], (db: DataSource) => new PostgresAccountDeletion(db)),
    bind(AccountExport, [DataSource], (db: DataSource) => new PostgresAccountExport(db)),
    bind(
      SecondFactors,
      [DataSource],
      (db: DataSource) => new PostgresSecondFactors(db, new KeySealing(secret, 'totpSecrets')),
    ),
    bind(TotpCodes, [], () => new OtpauthCodes()),
    bind(CommonPasswords, [], () => new ListedCommonPasswords()),
    bind(Mailer, [], () => createMailer(config, logger)),
    bind(AccountSettings, [], () => config),
    bind(AuthSettings, [], () => config),
    ...identityBindings({ config, secret }),
  ];
}

function createMailer({ mail }: AppConfig, logger: pino.Logger): Mailer {
  if (mail === undefined) return new NoMailer();
  const report = (failure: object) => logger.warn({ ...failure, context: 'mail' }, 'The mail server took no mail');
  return new SmtpMailer({ url: mail.smtpUrl, from: mail.from, report });
}
