import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { options } from '../src/config/options.js';

const ROOT = join(import.meta.dirname, '..', '..');
const COMPOSE = join(ROOT, 'docker-compose.yml');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

/** No engine runs where these specs run: what can be judged without one. */
describe('docker-compose.yml', () => {
  const text = readFileSync(COMPOSE, 'utf8');
  const { services } = parse(text) as {
    services: Record<string, { image?: string; environment?: Record<string, string>; ports?: object[] }>;
  };

  test('is valid by the schema of the Compose specification, and by a linter', () => {
    // The server stands first, and its keys in the order in which they are read.
    const rules = { 'services-alphabetical-order': 0, 'service-keys-order': 0 } as const;
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
    // Its own types do not resolve under NodeNext.
    const results: { messages: { line: number; message: string }[] }[] = linter.lintFiles([COMPOSE], false);
    expect(results).toHaveLength(1);
    const found = results.flatMap(({ messages }) => messages.map(({ line, message }) => `${line}: ${message}`));
    expect(found).toEqual([]);
  });

  test('holds no secret: what is one must be given', () => {
    const secrets = Object.values(services)
      .flatMap(({ environment }) => Object.entries(environment ?? {}))
      .filter(([key]) => /PASSWORD|SECRET|AUTH|_KEY|_URL$/.test(key) && key !== 'PUBLIC_URL');
    expect(secrets.length).toBeGreaterThan(3);
    // What is needed must be given; a model, mail and identity providers may be left out.
    for (const [key, value] of secrets) {
      expect(value).toMatch(
        /^(?:AI_|SMTP_|OIDC_|GITHUB_|EXTERNAL_JWT_)/.test(key) ? /^\$\{\w+:-\}$/ : /\$\{\w+:\?[^}]+\}/,
      );
    }
  });

  test('sets only settings that the server has', () => {
    const known = new Set(Object.keys(options.shape));
    const set = [services.server, services.worker].flatMap((service) => Object.keys(service?.environment ?? {}));
    expect(set.length).toBeGreaterThan(12);
    expect(set.filter((key) => !known.has(key))).toEqual([]);
  });

  test('every variable is explained in the docs', () => {
    const readme = read('server', 'deploy', 'README.md');
    const variables = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    expect([...variables].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  test('only the server has a port outside, and images are pinned', () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
    expect(open.map(([name]) => name)).toEqual(['server']);
    for (const { image } of Object.values(services)) expect(image ?? 'a:1.2').toMatch(/^[\w/]+:\d+\.\d+/);
  });
});

describe('server/deploy/Dockerfile', () => {
  const text = read('server', 'deploy', 'Dockerfile');

  test('is found good by a linter', () => {
    const problems = validate(text).map(({ range, message }) => `${range.start.line + 1}: ${message}`);
    expect(problems).toEqual([]);
  });

  test('runs the Node that the tests run on, as nobody special, and tells its health', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base).filter((base) => base !== 'packages');
    expect(new Set(bases)).toEqual(new Set([`node:${devDependencies.node}-bookworm-slim`]));
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^HEALTHCHECK[\s\S]*?\/livez/m);
  });

  test('copies what is there', () => {
    const sources = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) => paths?.split(' ') ?? []);
    expect(sources.length).toBeGreaterThan(3);
    expect(sources.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
