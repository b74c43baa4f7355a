import type { FlowProof, ForeignIdentity, OidcProvider } from '../../core/access/oidc-providers.js';

/** One provider. Its methods reject as those of `OidcProviders` do. */
export interface SignInClient extends OidcProvider {
  authorizationUrl(proof: FlowProof, redirectUri: string): Promise<string>;
  identify(answer: URLSearchParams, proof: FlowProof, redirectUri: string): Promise<ForeignIdentity>;
}

/** Seconds that a provider may take to answer: somebody is looking at a white page. */
export const ANSWER_TIMEOUT_S = 8;

/** Where the browser came back to, as the openid-client wants it: it reads the redirect URI off its beginning. */
export function answerUrl(redirectUri: string, answer: URLSearchParams): URL {
  const url = new URL(redirectUri);
  url.search = answer.toString();
  return url;
}
