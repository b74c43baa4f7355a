import type { Scope } from '@tandem/protocol/http';
import type { WrittenChange } from './changes.js';

/** A token that a person made for a program, as its owner sees it. Times are epoch milliseconds. */
export interface PersonalToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly hint: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
}

export interface NewPersonalToken {
  readonly userId: string;
  readonly tokenHash: Uint8Array;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly hint: string;
  /** Days until it ends. */
  readonly days: number;
}

/** Whom a token speaks for. */
export interface PersonalTokenOwner {
  readonly id: string;
  readonly userId: string;
  readonly displayName: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: number;
}

/** So many of one person; a program that makes one for each of its runs has to clean up. */
export const MAX_PERSONAL_TOKENS = 50;

/** Personal access tokens. Known by hash only. */
export abstract class PersonalTokens {
  /** Rejects with TandemError `too_many_tokens`. Not safe to repeat. */
  abstract create(token: NewPersonalToken): Promise<PersonalToken>;
  /** Those of a user, expired ones too, the newest first. */
  abstract ofUser(userId: string): Promise<PersonalToken[]>;
  /** Deletes it; resolves to what to tell of it, or undefined when this user has no such token. */
  abstract revoke(userId: string, id: string): Promise<WrittenChange | undefined>;
  /** Undefined for an unknown one; one that has ended is found. */
  abstract find(tokenHash: Uint8Array): Promise<PersonalTokenOwner | undefined>;
  /** Notes that it was used now, to the minute. */
  abstract touch(id: string): Promise<void>;
}
