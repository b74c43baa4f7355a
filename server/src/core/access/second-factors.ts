/** What somebody has as a second step of signing in. */
export interface FactorState {
  /** Since when codes are asked for, in epoch milliseconds; null: they are not. */
  readonly since: number | null;
  /** Recovery codes that are left. */
  readonly recoveryCodes: number;
}

/** Judges a code by the secret and the last step that was used; resolves to the step that is used now. */
export type StepJudge = (secret: Uint8Array, lastStep: number) => number | undefined;

/** Encrypts what must be read again; `name` is bound to the bytes. `open`: undefined for other names, keys or changed bytes. */
export interface SecretSealing {
  seal(bytes: Uint8Array, name: string): Uint8Array;
  open(sealed: Uint8Array, name: string): Uint8Array | undefined;
}

/** Second factors of users. Secrets are stored sealed, recovery codes by hash only. */
export abstract class SecondFactors {
  abstract state(userId: string): Promise<FactorState>;
  /** Keeps a secret that is not in use yet, in place of an earlier such one. Resolves to false while one is in use. */
  abstract begin(userId: string, secret: Uint8Array): Promise<boolean>;
  /** Puts the secret to use, and the codes in place of others. `absent`: nothing was begun, or it is in use. */
  abstract confirm(
    userId: string,
    judge: StepJudge,
    codeHashes: readonly Uint8Array[],
  ): Promise<'confirmed' | 'wrong' | 'absent'>;
  /** Whether the code is right; then it is used up, for all nodes. A secret that does not open takes no code. */
  abstract useStep(userId: string, judge: StepJudge): Promise<boolean>;
  /** Whether the recovery code is one that is left; then it is used up. */
  abstract useRecoveryCode(userId: string, codeHash: Uint8Array): Promise<boolean>;
  /** The codes in place of all before. */
  abstract replaceRecoveryCodes(userId: string, codeHashes: readonly Uint8Array[]): Promise<void>;
  /** From now on no code is asked for. Safe to repeat. */
  abstract end(userId: string): Promise<void>;
}
