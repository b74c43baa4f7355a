import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { Identity, LinkedIdentity, OidcTokens } from '@tandem/protocol/http';
import { PinoLogger } from 'nestjs-pino';
import type { Account } from '../../core/access/accounts.js';
import { AuditLog } from '../../core/access/audit-log.js';
import { Identities, type StoredIdentity } from '../../core/access/identities.js';
import { FlowProofs, type HandOver, OidcFlows } from '../../core/access/oidc-flows.js';
import { type OidcProvider, OidcProviders } from '../../core/access/oidc-providers.js';
import { hashSecretToken, newSecretToken } from '../../core/access/secret-tokens.js';
import type { CallerOrigin } from '../../platform/http/caller.decorator.js';
import { TokenGrants } from '../auth/token-grants.js';
import { OidcSettings } from './oidc-settings.js';
import { PageAddress } from './page-address.js';

interface Start {
  readonly browserKey: string;
  readonly next?: string;
}

interface Return {
  readonly code: string;
  readonly browserKey: string;
}

/**
 * Sign-in with an identity provider, from the button to the tokens:
 *
 *     page -- start (hash of its key) --> state, nonce, PKCE --> provider --> callback --> #signed-in=code
 *     page -- code and key ----------------------------------------------------------> tokens
 *
 * Accounts are made and linked in the last step only, when the page has shown that it is the one that began: an address that
 * somebody else's browser was given signs nobody in (login CSRF) and links nothing.
 */
@Injectable()
export class OidcSignIn {
  constructor(
    private readonly providers: OidcProviders,
    private readonly flows: OidcFlows,
    private readonly proofs: FlowProofs,
    private readonly identities: Identities,
    private readonly grants: TokenGrants,
    private readonly address: PageAddress,
    private readonly settings: OidcSettings,
    private readonly audit: AuditLog,
    private readonly log: PinoLogger,
  ) {
    log.setContext('oidc');
  }

  /** Where to send the browser. `userId`: who links an identity to the account. */
  async start(provider: string, { browserKey, next }: Start, userId?: string): Promise<string> {
    const state = newSecretToken();
    const url = await this.providers.authorizationUrl(
      provider,
      this.proofs.of(state),
      this.address.redirectUri(provider),
    );
    const hashes = { stateHash: hashSecretToken(state), browserHash: hashSecretToken(browserKey) };
    await this.flows.begin({ ...hashes, provider, userId, next });
    return url;
  }

  /** The browser is back, with the parameters of the provider's answer. Resolves to where it goes on. */
  async answered(provider: string, answer: URLSearchParams): Promise<string> {
    const state = answer.get('state') ?? '';
    const code = newSecretToken();
    const purpose = await this.flows.take(hashSecretToken(state), provider, hashSecretToken(code));
    if (purpose === undefined) throw new TandemError('oauth_failed', undefined, { reason: 'unknown_state' });
    const redirectUri = this.address.redirectUri(provider);
    const identity = await this.providers
      .identify(provider, answer, this.proofs.of(state), redirectUri)
      .catch((error: unknown) => {
        if (error instanceof TandemError) this.log.warn({ provider, ...error.details }, 'A sign-in did not succeed');
        throw error;
      });
    await this.flows.handOver(hashSecretToken(code), identity);
    return this.address.page(purpose === 'link' ? 'linked' : 'signed-in', code);
  }

  /** Rejects with `oauth_failed`, `identity_taken`, `sign_up_closed`. */
  async tokens(back: Return, caller: CallerOrigin): Promise<OidcTokens> {
    const { provider: id, identity, userId, next } = await this.redeem(back);
    if (userId !== undefined) throw new TandemError('oauth_failed');
    const resolved = await this.identities.resolve(identity, this.settings.signUpRules);
    if (resolved.outcome === 'taken' || resolved.outcome === 'closed') {
      const details = { kind: 'oidc', provider: id, reason: resolved.outcome };
      await this.audit.record({ action: 'sign_in.failed', address: caller.address, details });
      throw this.refusal(resolved.outcome, id);
    }
    const { account, identityId, outcome } = resolved;
    if (outcome === 'linked') await this.noteLink(account, identityId, id, caller);
    const tokens = await this.grants.start(account, { kind: 'oidc', ...caller });
    return { ...tokens, isNew: outcome === 'created', next };
  }

  /** Links the identity to the account of who began; rejects with `oauth_failed` and `identity_taken`. */
  async link(account: Pick<Account, 'id'>, back: Return, caller: CallerOrigin): Promise<LinkedIdentity> {
    const { provider, identity, userId, next } = await this.redeem(back);
    if (userId !== account.id) throw new TandemError('oauth_failed');
    const linked = await this.identities.link(userId, identity);
    await this.noteLink(account, linked.id, provider, caller);
    return { ...this.shown(linked), next };
  }

  /** With the name that people know the provider by. */
  shown(identity: StoredIdentity): Identity {
    return { ...identity, providerName: this.providerOf(identity.issuer)?.name ?? identity.issuer };
  }

  /** Whether somebody can sign in with what this issuer says. */
  signsIn(issuer: string): boolean {
    return this.providerOf(issuer) !== undefined;
  }

  /** A code is used up by whoever brings it: a page that does not have the key gets nothing, and nobody gets it afterwards. */
  private async redeem({ code, browserKey }: Return): Promise<HandOver> {
    const handOver = await this.flows.redeem(hashSecretToken(code));
    if (handOver === undefined || !timingSafeEqual(handOver.browserHash, hashSecretToken(browserKey))) {
      throw new TandemError('oauth_failed');
    }
    return handOver;
  }

  private refusal(outcome: 'taken' | 'closed', providerId: string): TandemError {
    if (outcome === 'closed') return new TandemError('sign_up_closed');
    const name = this.providers.list.find(({ id }) => id === providerId)?.name ?? providerId;
    return new TandemError(
      'identity_taken',
      `There is an account with this e-mail address already. Sign in to it, and link ${name} in the settings`,
    );
  }

  private providerOf(issuer: string): OidcProvider | undefined {
    return this.providers.list.find((provider) => withoutSlash(provider.issuer) === withoutSlash(issuer));
  }

  private noteLink(account: Pick<Account, 'id'>, target: string, provider: string, { address }: CallerOrigin) {
    return this.audit.record({
      action: 'identity.linked',
      actorId: account.id,
      target,
      address,
      details: { provider },
    });
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
