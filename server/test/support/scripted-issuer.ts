import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';

interface Github {
  readonly user: object;
  readonly emails: readonly object[];
}

/**
 * An issuer that says whatever a test wants: ID tokens that no provider would make, keys that change, GitHub's routes. What
 * honest providers do is tested against a real one (`IdentityProvider`).
 */
export class ScriptedIssuer {
  /** Of the last authorization request, for ID tokens that are right. */
  nonce: string | undefined;
  idToken: () => Promise<string> | string = () => '';
  userinfo: object | undefined;
  github: Github | undefined;
  /** Of every answer that is no document of the issuer's. */
  status = 200;
  /** How often the keys were asked for. */
  keysAsked = 0;
  /** While it is false, connections are cut. */
  isUp = true;
  readonly tokenRequests: URLSearchParams[] = [];
  private keys: { kid: string; key: CryptoKey; jwk: JWK }[] = [];

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<ScriptedIssuer> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const issuer = new ScriptedIssuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    await issuer.rotate();
    server.on('request', (request, response) => void issuer.answer(request, response));
    return issuer;
  }

  reset(): void {
    this.nonce = undefined;
    this.idToken = () => '';
    this.userinfo = undefined;
    this.github = undefined;
    this.status = 200;
    this.isUp = true;
  }

  /** Signs with a new key from now on; the old ones stay published with `keepOld`. */
  async rotate({ keepOld = false }: { keepOld?: boolean } = {}): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${Math.random()}`;
    const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' };
    this.keys = [{ kid, key: privateKey, jwk }, ...(keepOld ? this.keys : [])];
  }

  get kid(): string {
    return this.keys[0]!.kid;
  }

  publicKey(): Promise<CryptoKey | Uint8Array> {
    return importJWK(this.keys[0]!.jwk, 'RS256', { extractable: true });
  }

  /** With the newest key, by another algorithm than it says it is for. */
  async signWith(alg: string, claims: JWTPayload): Promise<string> {
    const { kid, key } = this.keys[0]!;
    const again = (await importJWK(await exportJWK(key), alg)) as CryptoKey;
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).sign(again);
  }

  /** Of any text, by RS256. */
  async signature(text: string): Promise<string> {
    const bytes = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', this.keys[0]!.key, new TextEncoder().encode(text));
    return Buffer.from(bytes).toString('base64url');
  }

  /** With the newest key. `header`: what differs from `{ alg, kid }`. */
  sign(claims: JWTPayload, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { kid, key } = this.keys[0]!;
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(key);
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.isUp) {
      request.socket.destroy();
      return;
    }
    const { pathname } = new URL(request.url ?? '', this.url);
    const send = (body: unknown, status = this.status) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/.well-known/openid-configuration') send(this.metadata(), 200);
    else if (pathname === '/jwks') {
      this.keysAsked++;
      send({ keys: this.keys.map(({ jwk }) => jwk) });
    } else if (pathname === '/token') {
      this.tokenRequests.push(new URLSearchParams(await text(request)));
      send({ access_token: 'opaque', token_type: 'Bearer', id_token: await this.idToken() });
    } else if (pathname === '/userinfo') send(this.userinfo ?? { sub: 'somebody' });
    else if (pathname === '/login/oauth/access_token') {
      const isKnown = this.github !== undefined;
      send(
        isKnown
          ? { access_token: 'gho', token_type: 'bearer', scope: 'user:email' }
          : { error: 'bad_verification_code' },
      );
    } else if (pathname === '/api/v3/user') send(this.github?.user);
    else if (pathname === '/api/v3/user/emails') send(this.github?.emails);
    else send({}, 404);
  }

  private metadata(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      userinfo_endpoint: `${this.url}/userinfo`,
      jwks_uri: `${this.url}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }
}
