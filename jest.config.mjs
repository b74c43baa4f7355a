// One jest for the whole workspace; specs lie beside the code, scenarios under test/.
const swc = [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
      keepClassNames: true,
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];
// Not in the system's temporary folder: a test run leaves nothing outside the clone.
const cacheDirectory = `${import.meta.dirname}/node_modules/.cache/jest`;
const project = (name, more = {}) => ({
  cacheDirectory,
  displayName: name,
  rootDir: `<rootDir>/${name}`.replace('<rootDir>', import.meta.dirname),
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': swc },
  transformIgnorePatterns: ['/node_modules/', '/dist/'],
  ...more,
});
// One PostgreSQL for a run, started when the first spec asks for it (server/src/testing/postgres.ts).
const withPostgres = {
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};
export default {
  cacheDirectory,
  projects: [project('protocol'), project('server', withPostgres)],
  maxWorkers: 2,
  // ES modules of a spec that is over stay in its worker: some 40 MB each. At a gigabyte, what is timed in large documents was four
  // times as slow; so a worker that has grown is replaced.
  workerIdleMemoryLimit: '600MB',
  // Of a machine that is several times slower than a good one, or busy: what hangs is told later, that is all.
  testTimeout: 120_000,
};
