import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AuditLog } from '../../core/access/audit-log.js';
import { KeyUpkeep } from '../../core/access/signing-keys.js';

/** Looks after the signing keys as long as the server runs; every node does. */
@Injectable()
export class KeyWatch implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private isStopped = false;
  private isBlind = false;

  constructor(
    private readonly upkeep: KeyUpkeep,
    private readonly audit: AuditLog,
    private readonly log: PinoLogger,
  ) {
    log.setContext('keys');
  }

  onModuleInit(): void {
    this.wait();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private wait(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => this.wait());
    }, this.upkeep.every * 1000).unref();
  }

  private async look(): Promise<void> {
    try {
      const added = await this.upkeep.run();
      this.isBlind = false;
      if (added === undefined) return;
      this.log.info({ kid: added }, 'A new signing key is published; it signs soon');
      await this.audit.record({ action: 'key.rotated', target: added, details: { by: 'age' } });
    } catch (error) {
      // Once for each time that the database is away.
      if (!this.isBlind) this.log.warn({ err: error }, 'The signing keys could not be looked at');
      this.isBlind = true;
    }
  }
}
