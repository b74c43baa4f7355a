import { join } from 'node:path';
import { TandemApi } from '@tandem/protocol/client';
import type { SeededRandom } from '@tandem/protocol/testing';
import type { Client } from 'pg';
import { eventually } from '../../../src/testing/eventually.js';
import { isRunning, killNow, processTree } from '../../../src/testing/processes.js';
import { type ServerDatabase, serverDatabase } from '../../../src/testing/server-database.js';
import { type ServerProcess, startServerProcess } from '../../../src/testing/server-process.js';
import { makeTempDir, removeTempDir } from '../../../src/testing/temp-dir.js';
import { Gate } from './gate.js';

/** Who gets the kill -9; `backend` is one child of PostgreSQL, upon which it ends all others and recovers by itself. */
export type Fault = 'server' | 'postgres' | 'both' | 'backend';

export interface Strike {
  readonly hitsServer: boolean;
  readonly strike: () => void;
  /** Resolves when the server and its PostgreSQL run again. A killed PostgreSQL is the server's own to start. */
  readonly recovered: () => Promise<void>;
}

const USERS = 4;
const DOCUMENTS = 4;
const RECOVERY_MS = 30_000;

/** A server process with its own PostgreSQL, a project in it, and the only way to it. */
export class Site {
  readonly accessTokens: string[] = [];
  readonly documentIds: string[] = [];
  /** Recorded while it ran: what is killed is what was started here. */
  private database!: ServerDatabase;

  private constructor(
    private readonly dir: string,
    /** The server to start; the built one when undefined. */
    private readonly main: string | undefined,
    private server: ServerProcess,
    readonly gate: Gate,
  ) {}

  static async start(main?: string): Promise<Site> {
    const dir = makeTempDir();
    const site = new Site(dir, main, await launch(dir, main), await Gate.listen());
    site.database = serverDatabase(site.dataDir);
    await site.populate();
    site.gate.open(site.server.url);
    return site;
  }

  /** The server itself, past the gate. */
  get url(): string {
    return this.server.url;
  }

  private get dataDir(): string {
    return dataDirIn(this.dir);
  }

  /** Finds the victims; each `strike()` is one turn, and shuts the gate when it hits the server. */
  async aim(fault: Fault, random: SeededRandom): Promise<Strike> {
    const hitsServer = fault === 'server' || fault === 'both';
    const postgres = this.database.pid;
    const [, ...backends] = await processTree(postgres);
    const victim = { server: undefined, postgres, both: postgres, backend: random.pick(backends) }[fault];
    return {
      hitsServer,
      strike: () => {
        if (hitsServer) {
          this.gate.shut();
          this.server.signal('SIGKILL');
        }
        if (victim !== undefined) killNow(victim);
      },
      recovered: async () => {
        if (hitsServer) {
          await this.server.kill9();
          this.server = await launch(this.dir, this.main);
        }
        // One that lost a child stays the same process; from the turn in which it learns of it, it lets nobody in.
        const isHit = () => fault !== 'backend' || !isRunning(victim!);
        const isBack = () => fault === 'backend' || this.database.pid !== postgres;
        const isOver = async () => isHit() && (await this.findDatabase()) && isBack();
        await eventually('PostgreSQL is back', isOver, RECOVERY_MS);
      },
    };
  }

  /** One connection to the tables. */
  connectToDatabase(): Promise<Client> {
    return this.database.connect();
  }

  /** What the server wrote, for a test that fails. */
  get log(): string {
    return this.server.stdout() + this.server.stderr();
  }

  /** Resolves to the exit code of the server. May be called again. */
  async stop(): Promise<number | string> {
    await this.gate.close();
    const code = await this.server.stop();
    removeTempDir(this.dir);
    return code;
  }

  private async findDatabase(): Promise<boolean> {
    try {
      this.database = serverDatabase(this.dataDir);
      await (await this.database.connect()).end();
      return true;
    } catch {
      return false;
    }
  }

  private async populate(): Promise<void> {
    const token = new URL(this.server.link).hash.replace('#link=', '');
    for (let i = 0; i < USERS; i++) {
      const api = new TandemApi({ url: this.server.url });
      const { accessToken, projectId } = await api.link({ token, displayName: `Writer ${i}` });
      this.accessTokens.push(accessToken);
      if (i > 0) continue;
      for (let j = 0; j < DOCUMENTS; j++) {
        this.documentIds.push((await api.createDocument(projectId, { path: `crash/${j}.txt` })).id);
      }
    }
  }
}

function dataDirIn(dir: string): string {
  return join(dir, 'data');
}

function launch(dir: string, main: string | undefined): Promise<ServerProcess> {
  // Snapshots are written all the time, so that some crashes fall into their making.
  const env = { ACCESS_TOKEN_TTL: '86400', COMPACT_ROWS: '100', LOG_LEVEL: 'warn' };
  return startServerProcess({ dataDir: dataDirIn(dir), cwd: dir, env, ...(main && { main }) });
}
