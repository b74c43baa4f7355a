import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { AuditLog } from '../../core/access/audit-log.js';
import { readCode, unusedStep } from '../../core/access/factor-rules.js';
import { SecondFactors, type StepJudge } from '../../core/access/second-factors.js';
import { SignInThrottle } from '../../core/access/sign-in-throttle.js';
import { TotpCodes } from '../../core/access/totp-codes.js';

/**
 * The code that is asked for after a right password. A million codes are few: wrong ones count for the account alone, from
 * wherever they come. Only who knows the password, or is signed in, can hold its owner up with that (A37).
 */
@Injectable()
export class SecondStep {
  private readonly throttle = new SignInThrottle();

  constructor(
    private readonly factors: SecondFactors,
    private readonly totp: TotpCodes,
    private readonly audit: AuditLog,
  ) {}

  async isAsked(userId: string): Promise<boolean> {
    return (await this.factors.state(userId)).since !== null;
  }

  /** Resolves when the code is right, which uses it up. Rejects with `invalid_credentials`, or `rate_limited` for who guesses. */
  async require(userId: string, code: string, address?: string): Promise<void> {
    await this.counted(userId, async () => {
      const given = readCode(code);
      if (given?.kind === 'totp') return this.factors.useStep(userId, this.judge(given.digits));
      if (given === undefined || !(await this.factors.useRecoveryCode(userId, given.hash))) return false;
      await this.audit.record({ action: 'recovery_code.used', actorId: userId, ...(address ? { address } : {}) });
      return true;
    });
  }

  /** Puts the secret that was begun to use. Rejects like `require`, and with `not_found` where nothing was begun. */
  async confirm(userId: string, code: string, codeHashes: readonly Uint8Array[]): Promise<void> {
    await this.counted(userId, async () => {
      const given = readCode(code);
      const judge = given?.kind === 'totp' ? this.judge(given.digits) : () => undefined;
      const outcome = await this.factors.confirm(userId, judge, codeHashes);
      if (outcome === 'absent') throw new TandemError('not_found', 'Begin two-step sign-in first');
      return outcome === 'confirmed';
    });
  }

  private judge(digits: string): StepJudge {
    return (secret, lastStep) => unusedStep(this.totp.step(secret, digits, Date.now()), lastStep);
  }

  private async counted(userId: string, isRight: () => Promise<boolean>): Promise<void> {
    const wait = this.throttle.begin(userId, '', Date.now());
    if (wait > 0) throw new TandemError('rate_limited', undefined, undefined, wait);
    const right = await isRight().catch((error: unknown) => {
      this.throttle.abandoned(userId, '');
      throw error;
    });
    if (!right) throw new TandemError('invalid_credentials', 'The code is wrong, or was used before');
    this.throttle.succeeded(userId, '');
  }
}
