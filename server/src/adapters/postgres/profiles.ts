import type { Profile } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import { Profiles } from '../../core/access/profiles.js';
import { ProfileEntity } from './entities/index.js';
import { stored } from './store-errors.js';

export class PostgresProfiles extends Profiles {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override read(userId: string): Promise<Profile | undefined> {
    return stored(async () => {
      const row = await this.dataSource.getRepository(ProfileEntity).findOneBy({ userId });
      return row === null ? undefined : { ideSettings: row.ideSettings, aiPreferences: row.aiPreferences };
    });
  }

  override write(userId: string, profile: Profile): Promise<void> {
    return stored(async () => {
      // One statement: two tabs that save at once both succeed.
      await this.dataSource.getRepository(ProfileEntity).upsert({ userId, ...profile }, ['userId']);
    });
  }
}
