import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
const read = <T>(path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T;

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly workspaces?: readonly string[];
}

interface Lock {
  readonly packages: Record<string, { version?: string; resolved?: string; integrity?: string; link?: boolean }>;
}

/** The first release without what FAULTS names; engine.io and socket.io-client bring their own. */
const FIRST_SAFE: readonly (readonly [name: string, version: readonly number[]])[] = [
  ['ws', [8, 21, 3]],
  ['socket.io-parser', [4, 2, 6]],
  ['engine.io', [6, 6, 0]],
];

describe('A58: dependencies do not drift', () => {
  const { workspaces = [] } = read<Manifest>('package.json');
  const manifests = ['.', ...workspaces, 'load-tests/artillery', 'load-tests/compare'];

  it.each(manifests)('%s names exact versions', (folder) => {
    const { dependencies, devDependencies } = read<Manifest>(`${folder}/package.json`);
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([name, version]) => !name.startsWith('@tandem/') && !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it.each(['.', 'load-tests/artillery', 'load-tests/compare'])(
    'the lock of %s has a hash for each, and no host',
    (folder) => {
      const { packages } = read<Lock>(`${folder}/package-lock.json`);
      const fetched = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
      expect(fetched.length).toBeGreaterThan(0);
      const wrong = fetched.filter(
        ([, { resolved, integrity }]) => resolved !== undefined || !integrity?.startsWith('sha512-'),
      );
      expect(wrong.map(([path]) => path)).toEqual([]);
    },
  );

  it.each(FIRST_SAFE)('%s is not older than %j, wherever it is installed', (name, first) => {
    const { packages } = read<Lock>('package-lock.json');
    const installed = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
    expect(installed.length).toBeGreaterThan(0);
    for (const [, { version = '' }] of installed) expect(isAtLeast(version.split('.').map(Number), first)).toBe(true);
  });
});

function isAtLeast(version: readonly number[], first: readonly number[]): boolean {
  const differs = first.findIndex((part, index) => version[index] !== part);
  return differs === -1 || version[differs]! > first[differs]!;
}
