import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureApplicationDatabase, urlOf } from './application-database.js';
import { type Binaries, packagedBinaries, usableBinaries } from './binaries.js';
import { ensureCluster, hasCluster, SUPERUSER } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { freePort } from './free-port.js';
import type { Guard } from './guarded-spawn.js';
import { currentHome, findHome } from './home.js';
import { clearWay } from './postmaster-pid.js';
import { ownerOf, type RunAs, unprivilegedUser } from './run-as.js';
import { Supervisor } from './supervisor.js';
import { Watchdog } from './watchdog.js';

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  /** Where the files go when the user that PostgreSQL runs as cannot enter the data dir. */
  readonly stateDir: string;
  readonly log: (line: string) => void;
  /** The folder with PostgreSQL's `bin`, `lib` and `share`; the npm package's when absent. */
  readonly nativeDir?: string;
}

interface Parts {
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly watchdog: Watchdog;
  readonly log: (line: string) => void;
}

/**
 * A real PostgreSQL that lives and dies with this process: its files in the data dir, its password random, its port free and on
 * the loopback. It is started again when it ends by itself, stopped by `stop()`, and stopped by a watchdog when this process
 * ends in any other way.
 */
export class EmbeddedPostgres {
  private constructor(
    /** For the server: a role that owns one database and nothing else. */
    readonly url: string,
    /** For tests and tools: the superuser. */
    readonly adminUrl: string,
    readonly version: string,
    /** The folder that holds the files. */
    readonly home: string,
    private readonly supervisor: Supervisor,
    private readonly watchdog: Watchdog,
  ) {}

  /**
   * Resolves when it takes sessions. The first start creates the files (about a second). Only one process may do this for a
   * data dir at a time: a PostgreSQL that is found running is taken for a left-over and stopped.
   * @throws EmbeddedPostgresError with words for the person at the terminal.
   */
  static async start({ stateDir, log, nativeDir, ...options }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    if (process.platform === 'win32') {
      throw new EmbeddedPostgresError(
        'Windows cannot run the PostgreSQL that comes along: use WSL, or set DATABASE_URL.',
      );
    }
    const dataDir = await realpath(options.dataDir).catch(() => options.dataDir);
    const runAs = await chooseUser(dataDir);
    const home = await findHome({ dataDir, stateDir, runAs, log });
    const binaries = await usableBinaries(nativeDir ?? packagedBinaries(), home, runAs);

    const watchdog = new Watchdog(runAs, home, log);
    try {
      return await EmbeddedPostgres.#startIn(home, { binaries, runAs, watchdog, log });
    } catch (error) {
      watchdog.close();
      throw error;
    }
  }

  static async #startIn(home: string, { binaries, runAs, watchdog, log }: Parts): Promise<EmbeddedPostgres> {
    const guard: Guard = (pid) => watchdog.guard(pid);
    await clearWay(join(home, 'data'), log);
    const { dir: clusterDir, password } = await ensureCluster({ home, binaries, runAs, guard });
    const port = await freePort();
    const logFile = join(home, 'postgres.log');
    const supervisor = new Supervisor({ binaries, runAs, clusterDir, logFile, port, guard, log });
    await supervisor.start();
    const url = await ensureApplicationDatabase(password, port).catch(async (error) => {
      await supervisor.stop(1_000);
      throw error;
    });
    const adminUrl = urlOf(SUPERUSER, password, port, 'postgres');
    return new EmbeddedPostgres(url, adminUrl, binaries.version, home, supervisor, watchdog);
  }

  /** Changes when PostgreSQL is started again. */
  get pid(): number | undefined {
    return this.supervisor.pid;
  }

  /** Fast shutdown: open sessions are cut, everything is written. Resolves when the process is gone; may be called again. */
  async stop(graceMs = 5_000): Promise<void> {
    await this.supervisor.stop(graceMs);
    this.watchdog.close();
  }
}

async function chooseUser(dataDir: string): Promise<RunAs> {
  const clusterDir = join(await currentHome(dataDir), 'data');
  return (await hasCluster(clusterDir)) ? ownerOf(clusterDir) : unprivilegedUser();
}
