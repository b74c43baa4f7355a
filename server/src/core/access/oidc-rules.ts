import type { ForeignIdentity } from './oidc-providers.js';

export interface SignUpRules {
  /** Whether somebody who is not known gets an account. */
  readonly isOpen: boolean;
  /** Whose verified addresses get one; empty: everybody's. Lower case, exact: a subdomain is another domain. */
  readonly domains: readonly string[];
  /** What becomes of somebody whose address belongs to an account that it may not be linked to. */
  readonly ifTaken: 'refuse' | 'create-without-email';
}

export type Verdict = 'link' | 'create' | 'create-without-email' | 'taken' | 'closed';

/**
 * What becomes of an identity that is seen for the first time. It is linked to the account with its address only when both
 * sides have seen its owner read mail there: a provider that lets anybody claim an address could take over accounts, and
 * somebody who registered an address that is not his would be let into what its owner makes later (pre-hijacking). An account
 * with a second factor is joined by none: who reads its mail would need no code any more.
 */
export function judgeNewIdentity(
  { email, emailVerified }: Pick<ForeignIdentity, 'email' | 'emailVerified'>,
  holder: { readonly emailVerified: boolean; readonly hasSecondFactor: boolean } | undefined,
  rules: SignUpRules,
): Verdict {
  if (email !== null && holder !== undefined) {
    if (emailVerified && holder.emailVerified && !holder.hasSecondFactor) return 'link';
    if (rules.ifTaken === 'refuse') return 'taken';
  }
  if (!rules.isOpen) return 'closed';
  const domain = email?.slice(email.lastIndexOf('@') + 1);
  const isListed = emailVerified && domain !== undefined && rules.domains.includes(domain);
  if (rules.domains.length > 0 && !isListed) return 'closed';
  // An address that nobody vouches for is not given away: its owner may register later.
  return email !== null && emailVerified && holder === undefined ? 'create' : 'create-without-email';
}
