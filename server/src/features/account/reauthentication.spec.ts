import { expect, it } from '@jest/globals';
import { MemorySignInThrottle } from '../../adapters/memory/memory-sign-in-throttle.js';
import type { Accounts } from '../../core/access/accounts.js';
import type { PasswordHashes } from '../../core/access/password-hashes.js';
import type { SignInSessions } from '../../core/access/sign-in-sessions.js';
import { Reauthentication } from './reauthentication.js';

const ADA = { account: { id: 'ada' }, passwordHash: 'right' };

it('A37: who has a whole network of IPv6 addresses has no more guesses than who has one', async () => {
  const reauthentication = new Reauthentication(
    { credentialsById: () => Promise.resolve(ADA) } as unknown as Accounts,
    {} as SignInSessions,
    { verify: (stored: string, given: string) => Promise.resolve(stored === given) } as PasswordHashes,
    new MemorySignInThrottle(() => 0),
  );
  const guess = (host: number, password = 'wrong') =>
    reauthentication.require({ userId: 'ada', sessionId: '', displayName: 'Ada' }, password, `2001:db8:1:2::${host}`);
  for (let host = 1; host <= 10; host++)
    await expect(guess(host)).rejects.toMatchObject({ code: 'invalid_credentials' });
  await expect(guess(11, 'right')).rejects.toMatchObject({ code: 'rate_limited' });
});
