// The arrows of the house (server/docs/architecture). `npm run check:arrows` holds them:
//
//   protocol  <-  core  <-  platform  <-  features  <-  composition roots
//                    ^-------  adapters  <-----------------'
//   config is a leaf: it knows nothing of ours.
const SPECS = '\\.spec\\.ts$|^(protocol|server)/test/|^(protocol|server)/(src|dist)/testing/';
const ROOTS = '^server/src/(composition/.+|app\\.module|worker\\.module|main|worker|keys)\\.ts$';
const layer = (...names) => `^server/src/(${names.join('|')})/`;
const PROTOCOL = '^protocol/(src|dist)/';

/** `from` may import of our own code only `allowed`; specs may do as they like. */
const onlyImports = (name, comment, from, ...allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: SPECS },
  to: { path: '^(protocol|server|migrations|load-tests)/', pathNot: [from, ...allowed] },
});

/** What the rules may use besides themselves: pure computation, no framework, driver, file, socket or process. */
const CORE_PACKAGES = '^(node_modules/(yjs|lib0|y-protocols|zod)/|(node:)?(crypto|zlib)$)';

export default {
  forbidden: [
    onlyImports(
      'protocol-stands-alone',
      'The wire runs in browsers: it knows nothing of the server.',
      '^protocol/src/',
    ),
    onlyImports('core-knows-the-protocol', 'Rules know the wire and nothing outside.', layer('core'), PROTOCOL),
    onlyImports(
      'platform-knows-the-core',
      'Nest glue is used by features and does not know them.',
      layer('platform'),
      PROTOCOL,
      layer('core', 'config'),
    ),
    onlyImports(
      'features-know-the-platform',
      'A door names ports of the core; the composition root says which adapter stands behind.',
      layer('features'),
      PROTOCOL,
      layer('core', 'platform'),
    ),
    onlyImports(
      'adapters-know-the-core',
      'An adapter fulfils a port: it knows neither Nest glue nor doors.',
      layer('adapters'),
      PROTOCOL,
      layer('core', 'config'),
    ),
    onlyImports('config-is-a-leaf', 'Settings are read before anything else is there.', layer('config')),
    onlyImports(
      'playground-is-a-client',
      'The page uses what every editor can use.',
      '^server/playground/src/',
      PROTOCOL,
    ),
    onlyImports('migrations-stand-alone', 'A migration must not change when an entity does.', '^migrations/'),
    {
      name: 'core-is-pure',
      comment: 'No framework, driver, file, socket or process in the rules.',
      severity: 'error',
      from: { path: layer('core'), pathNot: SPECS },
      to: { pathNot: [layer('core'), PROTOCOL, CORE_PACKAGES] },
    },
    {
      name: 'adapters-stand-beside-each-other',
      comment: 'One folder per thing outside: what two of them share is a rule, or belongs to one of them.',
      severity: 'error',
      from: { path: '^server/src/adapters/([^/]+)/', pathNot: SPECS },
      to: { path: '^server/src/adapters/', pathNot: '^server/src/adapters/$1/' },
    },
    {
      name: 'roots-are-at-the-top',
      comment: 'Nothing imports a composition root but another one.',
      severity: 'error',
      from: { pathNot: [ROOTS, SPECS] },
      to: { path: ROOTS },
    },
    {
      name: 'no-test-support-in-production',
      comment: 'Specs and their helpers are not part of the product.',
      severity: 'error',
      from: { path: '^(protocol|server|migrations)/', pathNot: SPECS },
      to: { path: `${SPECS}|^node_modules/(@jest|jest|fast-check|@nestjs/testing|fake-indexeddb|playwright-core)/` },
    },
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or hide a third. Types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere would be judged by no rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-deprecated-core-modules',
      comment: 'Node has deprecated it.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['deprecated'] },
    },
  ],
  options: {
    // Imports of types are arrows too; they are gone once compiled.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
    doNotFollow: { path: ['node_modules', '/dist/'] },
  },
};
