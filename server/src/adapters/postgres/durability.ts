import type { DataSource } from 'typeorm';

/** With one of these off, a crash of the database or of its machine takes edits that were acknowledged. */
const NEEDED = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

/** As they are in force for who asks: a role or a database may have its own. */
const SETTINGS = `SELECT ${[...NEEDED, 'data_checksums'].map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`;

type Settings = Record<(typeof NEEDED)[number] | 'data_checksums', string>;

/** The database may lose what is saved in it, and nobody has said that this is wanted. The message names the settings. */
export class UnsafeDatabase extends Error {
  constructor(off: readonly string[]) {
    super(
      `The database may lose saved edits in a crash: ${off.join(', ')} ${off.length > 1 ? 'are' : 'is'} off. ` +
        'Switch it on, or use it all the same with ALLOW_UNSAFE_DATABASE=true.',
    );
    this.name = 'UnsafeDatabase';
  }
}

/** On one connection. Rejects with UnsafeDatabase, and with what the query rejects with. */
export async function requireDurability(query: (sql: string) => Promise<unknown>): Promise<void> {
  const off = switchedOff(await read(query));
  if (off.length > 0) throw new UnsafeDatabase(off);
}

/**
 * At the start. Resolves to what the operator should know of the database all the same.
 * Rejects with UnsafeDatabase, unless `isAllowed`.
 */
export async function checkDurability(
  dataSource: DataSource,
  { isAllowed }: { isAllowed: boolean },
): Promise<string[]> {
  const settings = await read((sql) => dataSource.query(sql));
  const off = switchedOff(settings);
  if (off.length > 0 && !isAllowed) throw new UnsafeDatabase(off);
  const warnings = off.map((name) => `${name} is off: a crash of the database may take saved edits`);
  if (settings.data_checksums === 'off') {
    warnings.push('data_checksums is off: the database itself does not notice damaged pages');
  }
  return warnings;
}

async function read(query: (sql: string) => Promise<unknown>): Promise<Settings> {
  const [settings] = (await query(SETTINGS)) as [Settings];
  return settings;
}

function switchedOff(settings: Settings): string[] {
  return NEEDED.filter((name) => settings[name] === 'off');
}
