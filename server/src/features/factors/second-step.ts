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
  constructor(
    private readonly factors: SecondFactors,
    private readonly totp: TotpCodes,
    private readonly audit: AuditLog,
    private readonly throttle: SignInThrottle,
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

  private counted(userId: string, isRight: () => Promise<boolean>): Promise<void> {
    return this.throttle.attempt('code', userId, '', async () => {
      if (!(await isRight())) throw new TandemError('invalid_credentials', 'The code is wrong, or was used before');
    });
  }
}
