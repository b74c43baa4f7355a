export abstract class AccountSettings {
  /** Where people reach the server: links in mails begin with it, never with what a request says of itself. */
  abstract readonly publicUrl?: string;
}
