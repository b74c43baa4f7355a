import type { Profile } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import { Profiles } from '../../core/access/profiles.js';
import { ProfileEntity } from './entities/index.js';
import { TranslatesOutages } from './store-errors.js';

@TranslatesOutages
export class PostgresProfiles extends Profiles {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async read(userId: string): Promise<Profile | undefined> {
    const row = await this.dataSource.getRepository(ProfileEntity).findOneBy({ userId });
    return row === null ? undefined : { ideSettings: row.ideSettings, aiPreferences: row.aiPreferences };
  }

  override async write(userId: string, profile: Profile): Promise<void> {
    // One statement: two tabs that save at once both succeed.
    await this.dataSource.getRepository(ProfileEntity).upsert({ userId, ...profile }, ['userId']);
  }
}
