import type { SignUpRules } from '../../core/access/oidc-rules.js';

/** What the operator has decided about sign-in with others. */
export abstract class OidcSettings {
  /** Where people reach the server, without a slash at its end; absent: where it listens. */
  abstract readonly publicUrl?: string;
  /** What people call this machine where there is no `publicUrl`. */
  abstract readonly host: string;
  abstract readonly signUpRules: SignUpRules;
}
