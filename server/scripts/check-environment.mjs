// npm run check:environment: the environment is read in server/src/config and nowhere else (DESIGN, STYLE 12). What imports
// what is dependency-cruiser's; this is the one arrow without an import.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCES = ['protocol/src', 'server/src', 'server/playground/src', 'migrations'];
const MAY_READ = /^server\/src\/config\/|^(protocol|server)\/src\/testing\/|\.spec\.ts$/;
const READS =
  /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[\s*['"`]env|\{[^}]*\benv\b[^}]*\}\s*(=\s*process\b|from\s+['"](node:)?process['"])|import\.meta\.env\b/;

const found = SOURCES.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) =>
      relative(ROOT, join(ROOT, folder, name))
        .split(sep)
        .join('/'),
    )
    .filter(
      (path) =>
        /\.[cm]?tsx?$/.test(path) && !/\.d\.[cm]?ts$|(^|\/)(dist|node_modules)\//.test(path) && !MAY_READ.test(path),
    ),
).flatMap((path) =>
  readFileSync(join(ROOT, path), 'utf8')
    .split('\n')
    .flatMap((line, n) => (READS.test(line) ? [`${path}:${n + 1}: ${line.trim()}`] : [])),
);

for (const place of found) console.error(place);
if (found.length > 0) {
  console.error('The environment is read in server/src/config only: take the setting from AppConfig.');
  process.exitCode = 1;
}
