import { describe, expect, it } from '@jest/globals';
import { judgeNewIdentity, type SignUpRules, type Verdict } from './oidc-rules.js';

const OPEN: SignUpRules = { isOpen: true, domains: [], ifTaken: 'refuse' };
const CLOSED: SignUpRules = { ...OPEN, isOpen: false };
const COMPANY: SignUpRules = { ...OPEN, domains: ['example.org'] };
const TOKENS: SignUpRules = { ...OPEN, ifTaken: 'create-without-email' };

const told = { email: 'ada@example.org', emailVerified: true };
const claimed = { email: 'ada@example.org', emailVerified: false };
const silent = { email: null, emailVerified: false };
const verified = { emailVerified: true, hasSecondFactor: false };
const registered = { emailVerified: false, hasSecondFactor: false };
const guarded = { emailVerified: true, hasSecondFactor: true };

describe('an identity that is seen for the first time', () => {
  it.each<[string, Parameters<typeof judgeNewIdentity>, Verdict]>([
    ['both sides verified the address', [told, verified, OPEN], 'link'],
    ['both verified, and no new accounts', [told, verified, CLOSED], 'link'],
    ['both verified it, and the account has a second factor', [told, guarded, OPEN], 'taken'],
    ['only the provider verified it', [told, registered, OPEN], 'taken'],
    ['only we verified it', [claimed, verified, OPEN], 'taken'],
    ['nobody verified it', [claimed, registered, OPEN], 'taken'],
    ['nobody has the address here', [told, undefined, OPEN], 'create'],
    ['nobody has the address, which is not verified', [claimed, undefined, OPEN], 'create-without-email'],
    ['there is no address', [silent, undefined, OPEN], 'create-without-email'],
    ['no new accounts', [told, undefined, CLOSED], 'closed'],
    ['an address of the company', [told, undefined, COMPANY], 'create'],
    ['one that only says so', [claimed, undefined, COMPANY], 'closed'],
    ['another domain', [{ ...told, email: 'eve@example.com' }, undefined, COMPANY], 'closed'],
    ['a domain that ends alike', [{ ...told, email: 'eve@not-example.org' }, undefined, COMPANY], 'closed'],
    ['a subdomain', [{ ...told, email: 'eve@x.example.org' }, undefined, COMPANY], 'closed'],
    ['two signs', [{ ...told, email: '"eve@example.org"@evil.test' }, undefined, COMPANY], 'closed'],
    ['no address, and a company', [silent, undefined, COMPANY], 'closed'],
    ['a token with an address that is taken', [told, registered, TOKENS], 'create-without-email'],
    ['a token with an address that both verified', [told, verified, TOKENS], 'link'],
  ])('A35: %s', (_what, parameters, verdict) => {
    expect(judgeNewIdentity(...parameters)).toBe(verdict);
  });
});
