import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly workspaces?: readonly string[];
}
interface Lock {
  readonly packages: Record<string, { version?: string; deprecated?: string; resolved?: string; link?: boolean }>;
}

const read = <T>(...path: string[]): T => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8')) as T;
const direct = ({ dependencies, devDependencies, optionalDependencies }: Manifest) => ({
  ...dependencies,
  ...devDependencies,
  ...optionalDependencies,
});

/** Every folder with a package.json of ours, and the folder of the lock that covers it. */
const workspaces = read<Manifest>('package.json').workspaces ?? [];
const packages = [
  ['.', '.'],
  ...workspaces.map((name) => [name, '.']),
  ['load-tests/artillery', 'load-tests/artillery'],
];

describe.each(packages as [string, string][])('%s/package.json', (folder, lockFolder) => {
  const manifest = read<Manifest>(folder, 'package.json');
  const { packages: locked } = read<Lock>(lockFolder, 'package-lock.json');
  const inLock = (name: string) => locked[`${folder}/node_modules/${name}`] ?? locked[`node_modules/${name}`];

  test('pins exact versions: what CI tests is what everybody installs', () => {
    const loose = Object.entries(direct(manifest)).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(loose).toEqual([]);
  });

  test('the lock has those versions', () => {
    const other = Object.entries(direct(manifest)).filter(([name, version]) => {
      const entry = inLock(name);
      return !entry?.link && entry?.version !== version;
    });
    expect(other).toEqual([]);
  });

  test('depends on nothing that its registry calls deprecated', () => {
    const deprecated = Object.keys(direct(manifest)).flatMap((name) => inLock(name)?.deprecated ?? []);
    expect(deprecated).toEqual([]);
  });
});

test.each(['.', 'load-tests/artillery'])('%s/package-lock.json names no host of a registry', (folder) => {
  const { packages: locked } = read<Lock>(folder, 'package-lock.json');
  const named = Object.entries(locked).filter(([, { resolved }]) => /^\w+:\/\//.test(resolved ?? ''));
  expect(named.map(([path]) => path)).toEqual([]);
});
