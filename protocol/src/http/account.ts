import { z } from 'zod';
import { id } from '../wire/fields.js';
import { displayName, email, password, user } from './auth.js';

/** The token of a link in a mail. */
const token = z.string().max(512);
/** One's password as it is; its length is not judged, as at sign-in. */
const currentPassword = z
  .string()
  .max(256)
  .transform((value) => value.normalize('NFC'));

/** Answered where a mail is on its way, and the same where there is nobody to send it to. */
export const mailSent = z.object({ status: z.literal('mail_sent') });

/** `password` is the one that was chosen at the registration: whoever reads the mail but did not register stops here. */
export const confirmRegistrationBody = z.strictObject({ token, password: currentPassword });
export const verifyEmailBody = z.strictObject({ token });
/** The address that is verified now. */
export const verifiedEmail = z.object({ email: z.string() });
export const requestResetBody = z.strictObject({ email });
export const resetPasswordBody = z.strictObject({ token, password });

/** What a page about one's own account shows. Times are epoch milliseconds. */
export const account = user.extend({
  hasPassword: z.boolean(),
  /** An address that was asked for and waits to be confirmed. */
  pendingEmail: z.string().nullable(),
  createdAt: z.number(),
  /** Whether this server sends mail; without it nothing is verified, and a new address counts at once. */
  mail: z.boolean(),
});

export const namePatch = z.strictObject({ displayName });
/** `currentPassword` may be left out by who has none, and within 15 minutes of signing in. */
export const changeEmailBody = z.strictObject({ email, currentPassword: currentPassword.optional() });
/** `changed`: at once, on a server without mail; `mail_sent`: when the link in the mail to the new address is opened. */
export const emailChange = z.object({ status: z.enum(['changed', 'mail_sent']) });
/** `currentPassword` may be left out only by who has none, within 15 minutes of signing in. */
export const changePasswordBody = z.strictObject({ password, currentPassword: currentPassword.optional() });
export const deleteAccountBody = z.strictObject({ currentPassword: currentPassword.optional() });

const namedProject = z.object({ id, name: z.string() });
/** What would go with an account: projects where nobody else is, and those that need another owner first. */
export const accountDeletion = z.object({
  deletes: z.array(namedProject),
  handOver: z.array(namedProject),
});

const rows = z.array(z.record(z.string(), z.unknown()));
/** All that is kept of a user, in one file. Times are ISO 8601. */
export const accountExport = z.object({
  exportedAt: z.string(),
  account: z.record(z.string(), z.unknown()),
  profile: z.record(z.string(), z.unknown()).nullable(),
  memberships: rows,
  sessions: rows,
  personalTokens: rows,
  identities: rows,
  aiRequests: rows,
  /** What the user did, as the audit log has it. */
  activity: rows,
  documents: rows,
  authorship: rows,
});

export type Account = z.infer<typeof account>;
export type AccountDeletion = z.infer<typeof accountDeletion>;
export type EmailChange = z.infer<typeof emailChange>;
export type MailSent = z.infer<typeof mailSent>;
export type VerifiedEmail = z.infer<typeof verifiedEmail>;
