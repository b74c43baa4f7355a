import type { Client } from 'pg';

/** Secrets that a server was given, and must not show anywhere. */
export class Canaries {
  /** By their names. */
  readonly secrets = new Map<string, string>();

  /** Returns the secret. */
  plant(name: string, secret: string): string {
    if (secret.length < 12) throw new Error(`${name} is so short that it may be found by chance`);
    this.secrets.set(name, secret);
    return secret;
  }

  /** `what in where`, of each that is found, as it is or in another writing. */
  foundIn(places: Readonly<Record<string, string>>): string[] {
    return Object.entries(places).flatMap(([place, text]) =>
      [...this.secrets]
        .filter(([, secret]) => writings(secret).some((writing) => text.includes(writing)))
        .map(([name]) => `${name} in ${place}`),
    );
  }
}

/** As a log, a URL, a JSON text, an authorization header or PostgreSQL's hex would have it. */
function writings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.replaceAll('-', ''),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...(['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding)),
  ];
}

/** All rows of all tables, by the names of the tables. */
export async function everyTable(sql: Client): Promise<Record<string, string>> {
  const { rows } = await sql.query<{ name: string }>(`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`);
  const tables: Record<string, string> = {};
  for (const { name } of rows) {
    const all = await sql.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} t`);
    tables[name] = all.rows.map(({ row }) => row).join('\n');
  }
  return tables;
}
