import { TandemError } from '@tandem/protocol';
import type { DataSource } from 'typeorm';
import { type Account, Accounts, type Credentials } from '../../core/access/accounts.js';
import { UserEntity } from './entities/index.js';
import { sqlState, TranslatesOutages } from './store-errors.js';

const UNIQUE_VIOLATION = '23505';

@TranslatesOutages
export class PostgresAccounts extends Accounts {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async create(account: { email: string; displayName: string; passwordHash: string }): Promise<Account> {
    try {
      return accountOf(await this.dataSource.getRepository(UserEntity).save({ ...account }));
    } catch (error) {
      // The index decides: between a look and an insert somebody else may register.
      throw sqlState(error) === UNIQUE_VIOLATION ? new TandemError('email_taken') : error;
    }
  }

  override async byId(id: string): Promise<Account | undefined> {
    const user = await this.dataSource.getRepository(UserEntity).findOneBy({ id });
    return user === null ? undefined : accountOf(user);
  }

  override async credentials(email: string): Promise<Credentials | undefined> {
    const user = await this.dataSource.getRepository(UserEntity).findOneBy({ email });
    return user === null ? undefined : { account: accountOf(user), passwordHash: user.passwordHash };
  }
}

export function accountOf({ id, email, displayName }: Pick<UserEntity, 'id' | 'email' | 'displayName'>): Account {
  return { id, email, displayName };
}
