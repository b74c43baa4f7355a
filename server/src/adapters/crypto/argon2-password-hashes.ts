import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { PasswordHashes } from '../../core/access/password-hashes.js';
import { BoundedGate } from './bounded-gate.js';

/**
 * OWASP's parameters; 12 ms warm on the machine where this was measured. Memory is in KiB. `algorithm` is the library's
 * `Algorithm.Argon2id`, a const enum, which cannot be imported file by file (isolatedModules).
 */
const ARGON2ID = { algorithm: 2, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** argon2id on libuv's threads: at most half the processors, and about four seconds of waiting. */
export class Argon2PasswordHashes extends PasswordHashes {
  private readonly gate: BoundedGate;
  private dummy: Promise<string> | undefined;

  constructor(running = Math.max(1, Math.min(2, availableParallelism() >> 1)), waiting = running * 300) {
    super();
    this.gate = new BoundedGate({ running, waiting, retryAfterMs: 5000 });
  }

  override hash(password: string): Promise<string> {
    return this.gate.run(() => hash(password, ARGON2ID));
  }

  override verify(stored: string | null, password: string): Promise<boolean> {
    return this.gate.run(async () => {
      // Compared to a hash of something unknown: the same work as for a wrong password (A38).
      if (stored !== null) return verify(stored, password);
      await verify(await this.dummyHash(), password);
      return false;
    });
  }

  private dummyHash(): Promise<string> {
    this.dummy ??= hash(randomBytes(32).toString('base64'), ARGON2ID);
    return this.dummy;
  }
}
