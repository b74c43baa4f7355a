import { readEnvironment } from '../../config/environment.js';
import { loadConfig } from '../../config/load-config.js';
import { createDataSource, loadMigrations } from './data-source.js';

// For TypeORM's command line (`npm run migration:*`), which wants a module with one DataSource: the database of `DATABASE_URL`.
const { databaseUrl } = loadConfig(readEnvironment());
if (databaseUrl === undefined) {
  throw new Error('Set DATABASE_URL: the command line works on a PostgreSQL that runs already');
}

export default createDataSource(databaseUrl, { migrations: await loadMigrations() });
