import type { DataSource } from 'typeorm';
import { Readiness } from '../../core/health/readiness.js';

const TIMEOUT_MS = 2000;

export class PostgresReadiness extends Readiness {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async check(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('The database does not answer')), TIMEOUT_MS);
    });
    try {
      await Promise.race([this.dataSource.query('SELECT 1'), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
