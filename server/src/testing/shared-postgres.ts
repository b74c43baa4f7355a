import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { migrate, type PrivatePostgres, startPrivatePostgres } from './private-postgres.js';
import { sweepTempDirs } from './temp-dir.js';

/** Where the workers of jest find the process that runs the shared PostgreSQL. */
export const SHARED_POSTGRES = 'TANDEM_TEST_POSTGRES';

export interface SharedPostgresAnswer {
  readonly url: string;
  readonly adminUrl: string;
  readonly template: string;
}

/**
 * Lives in the main process of jest (globalSetup to globalTeardown). PostgreSQL is started when the first worker asks: a run of
 * pure tests pays nothing. What the specs clone is a template database with all migrations.
 */
export class SharedPostgres {
  #postgres: Promise<PrivatePostgres> | undefined;

  private constructor(private readonly server: Server) {
    server.on('request', (_request, response) => {
      this.#answer().then(
        (answer) => response.end(JSON.stringify(answer)),
        (error: Error) => response.writeHead(500).end(error.message),
      );
    });
  }

  static async listen(): Promise<SharedPostgres> {
    sweepTempDirs();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env[SHARED_POSTGRES] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new SharedPostgres(server);
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
    // A start that failed was told to the specs that asked.
    const postgres = await this.#postgres?.catch(() => undefined);
    await postgres?.stop();
  }

  async #answer(): Promise<SharedPostgresAnswer> {
    this.#postgres ??= startShared();
    const { url, adminUrl } = await this.#postgres;
    return { url, adminUrl, template: TEMPLATE };
  }
}

const TEMPLATE = 'template_tandem';

async function startShared(): Promise<PrivatePostgres> {
  const postgres = await startPrivatePostgres({ migrate: false });
  const admin = new Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE} OWNER tandem`);
  await admin.end();
  await migrate(withDatabase(postgres.url, TEMPLATE));
  return postgres;
}

export function withDatabase(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}
