import type { Mail } from '../../core/access/mailer.js';

type Text = Omit<Mail, 'to'>;

/**
 * Nothing that somebody typed stands in a mail but the address it goes to: else anybody could send his words to anybody in the
 * name of this server. (A change of address names the new one to the owner of the old one.)
 */
export const MAIL_TEXTS = {
  register: (link: string): Text => ({
    subject: 'Finish your registration at Tandem',
    text: lines(
      'Somebody, you we hope, wants to open an account at Tandem with this address. Open this link to finish, and give the password that you chose:',
      link,
      'It works once, for 24 hours. If it was not you, there is nothing to do: without the link there will be no account.',
    ),
  }),
  alreadyRegistered: (signIn: string): Text => ({
    subject: 'You already have an account at Tandem',
    text: lines(
      'Somebody, you we hope, wanted to open an account at Tandem with this address. There is one already. Sign in here, or choose a new password there:',
      signIn,
      'If it was not you, there is nothing to do: nothing has changed.',
    ),
  }),
  invitation: (link: string): Text => ({
    subject: 'An invitation to a project at Tandem',
    text: lines(
      'Somebody invites you to work on a project at Tandem. Open this link to see who, and to accept:',
      link,
      'It works once. If you do not know what this is about, there is nothing to do.',
    ),
  }),
  verify: (link: string): Text => ({
    subject: 'Confirm your address at Tandem',
    text: lines('Open this link to confirm that this address is yours:', link, 'It works once, for 24 hours.'),
  }),
  changeEmail: (link: string): Text => ({
    subject: 'Confirm your new address at Tandem',
    text: lines(
      'Open this link to make this the address of your account at Tandem:',
      link,
      'It works once, for an hour. If it was not you, there is nothing to do.',
    ),
  }),
  emailChangeAsked: (email: string, signIn: string): Text => ({
    subject: 'A new address for your account at Tandem',
    text: lines(
      `Somebody, you we hope, wants ${email} to be the address of your account at Tandem. It will be once the link in the mail to that address is opened.`,
      'If it was not you, choose another password now, and end the other sessions in the settings:',
      signIn,
    ),
  }),
  emailChanged: (email: string): Text => ({
    subject: 'Your account at Tandem has a new address',
    text: lines(`The address of your account at Tandem is ${email} now. This is the last mail to the one before.`),
  }),
  addressInUse: (signIn: string): Text => ({
    subject: 'You already have an account at Tandem',
    text: lines(
      'Somebody, you we hope, wanted to make this the address of another account at Tandem. There is an account with it already, so nothing has changed. Sign in to it here:',
      signIn,
    ),
  }),
  reset: (link: string): Text => ({
    subject: 'Choose a new password at Tandem',
    text: lines(
      'Open this link to choose a new password. You will be signed out everywhere:',
      link,
      'It works once, for 30 minutes. If it was not you, there is nothing to do: nothing has changed.',
    ),
  }),
  passwordChanged: (signIn: string): Text => ({
    subject: 'Your password at Tandem was changed',
    text: lines(
      'The password of your account at Tandem was changed just now, and other sessions have ended. If it was not you, choose another one here, with “Forgot password?”:',
      signIn,
    ),
  }),
  factorEnabled: (signIn: string): Text => ({
    subject: 'Two-step sign-in is on at Tandem',
    text: lines(
      'Signing in to your account at Tandem asks for a code of an authenticator app from now on. If it was not you, choose another password here, with “Forgot password?”, and ask who runs this server to turn it off:',
      signIn,
    ),
  }),
  factorDisabled: (signIn: string): Text => ({
    subject: 'Two-step sign-in is off at Tandem',
    text: lines(
      'Signing in to your account at Tandem asks for the password alone from now on. If it was not you, choose another one here, with “Forgot password?”:',
      signIn,
    ),
  }),
} as const;

const lines = (...paragraphs: string[]) => `${paragraphs.join('\n\n')}\n`;
