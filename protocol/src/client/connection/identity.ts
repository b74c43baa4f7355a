import type { Clock } from '../clock.js';

/** Fetches a token; `fresh` asks for one that was not used before, because the server found the last one expired. */
export type TokenSource = string | ((options: { readonly fresh: boolean }) => Promise<string>);

export interface IdentityOptions {
  readonly token: TokenSource;
  /** Whom the application knows to be signed in. */
  readonly userId?: string;
  readonly clock: Clock;
}

/** A tab that is closed does not wait longer for a token. */
const LOOK_UP_MS = 5_000;

/** The issuer of the server's own access tokens. */
const ISSUER = 'tandem';

/**
 * Whose client it is, as early as it can be known: edits need an outbox before the first `server:hello` (SES-7). The
 * application names the user, else the first access token does, if it is one of the server's own: in a token of another
 * issuer `sub` is somebody's name over there, and only the `server:hello` tells who that is here. Neither is trusted: it
 * says under whose name edits are put away, and nothing is sent before a `server:hello` for the same user.
 */
export class Identity {
  private known: string | undefined;
  private fetching: Promise<string> | undefined;
  private waiting: ((userId: string) => void)[] = [];

  constructor(private readonly options: IdentityOptions) {
    const { token, userId } = options;
    this.learn(userId ?? (typeof token === 'string' ? subjectOf(token) : undefined));
  }

  get userId(): string | undefined {
    return this.known;
  }

  /** There is one token only, and none after it. */
  get isFixed(): boolean {
    return typeof this.options.token === 'string';
  }

  /** Resolves when it is known, however long that takes. */
  whenKnown(): Promise<string> {
    return this.known !== undefined ? Promise.resolve(this.known) : new Promise((known) => this.waiting.push(known));
  }

  /** Asks the token source where nothing is known. Resolves within 5 s, with what is known then; never rejects. */
  lookUp(): Promise<string | undefined> {
    if (this.known !== undefined || typeof this.options.token === 'string') return Promise.resolve(this.known);
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        resolve(this.known);
      };
      const cancel = this.options.clock.after(LOOK_UP_MS, done);
      this.token(false).then(done, done);
    });
  }

  /** The word of the server. False when it speaks of somebody else. */
  confirm(userId: string): boolean {
    this.learn(userId);
    return this.known === userId;
  }

  /** Rejects as the source does. Callers at the same time share one token, unless it must be `fresh`. */
  token(fresh: boolean): Promise<string> {
    const { token } = this.options;
    if (typeof token === 'string') return Promise.resolve(token);
    if (fresh) return this.fetch(token, true);
    if (this.fetching) return this.fetching;
    const fetched = this.fetch(token, false);
    const over = () => {
      this.fetching = undefined;
    };
    this.fetching = fetched;
    fetched.then(over, over);
    return fetched;
  }

  private async fetch(source: Exclude<TokenSource, string>, fresh: boolean): Promise<string> {
    const token = await source({ fresh });
    this.learn(subjectOf(token));
    return token;
  }

  /** The first word stands: edits were put away under it. */
  private learn(userId: string | undefined): void {
    if (this.known !== undefined || userId === undefined) return;
    this.known = userId;
    const { waiting } = this;
    this.waiting = [];
    for (const tell of waiting) tell(userId);
  }
}

/** The `sub` of one of the server's own JWTs, unverified; undefined for tokens of other issuers, or of another form. */
export const subjectOf = (token: string): string | undefined => {
  try {
    const base64 = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const { iss, sub } = JSON.parse(new TextDecoder().decode(bytes)) as { iss?: unknown; sub?: unknown };
    return iss === ISSUER && typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch {
    return undefined;
  }
};
