/**
 * The layers of docs/architecture.md. Each rule is proven by test/architecture/layers.spec.ts to catch a violation.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const FEATURES = 'metadata|registration|authorization|token|revocation|introspection|mcp|console|health';
const EDGE = 'http';
const SERVICES = 'jwt|mail|accounts|organizations|clients|grants|resources|policy|usage|recorder|audit|upkeep';
const FOUNDATION = 'sealing|texts';
const GROUND = 'config|database';
const APART = 'doctor';
const PROTOCOL = 'oauth';

const below = (name, layer, allowed) => ({
  name,
  severity: 'error',
  comment: `src/{${layer}} imports only {${allowed}} and itself`,
  from: { path: `^src/(${layer})/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, allowed].filter(Boolean).join('|')})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'features-know-not-one-another',
      severity: 'error',
      from: { path: `^src/(${FEATURES})/` },
      to: { path: `^src/(${FEATURES})/`, pathNot: '^src/$1/' },
    },
    below('features-import-lower-layers', FEATURES, [EDGE, SERVICES, FOUNDATION, GROUND, PROTOCOL].join('|')),
    below('http-imports-lower-layers', EDGE, [SERVICES, FOUNDATION, GROUND, PROTOCOL].join('|')),
    below('services-import-lower-layers', SERVICES, [FOUNDATION, GROUND, PROTOCOL].join('|')),
    below('sealing-imports-lower-layers', FOUNDATION, [GROUND, PROTOCOL].join('|')),
    below('ground-imports-lower-layers', GROUND, PROTOCOL),
    below('protocol-imports-nothing-of-ours', PROTOCOL, ''),
    below('the-doctor-stands-outside', APART, ''),
    {
      name: 'protocol-does-no-io',
      severity: 'error',
      comment: 'pure functions: no clock, no I/O; hashing and random numbers are computation',
      from: { path: '^src/oauth/' },
      to: { pathNot: '^(src/oauth/|(node:)?crypto$)' },
    },
    {
      name: 'only-database-imports-typeorm',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/database/' },
      to: { path: 'node_modules/(typeorm|pg|@electric-sql)/' },
    },
    {
      name: 'only-jwt-imports-jose',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/jwt/' },
      to: { path: 'node_modules/(jose|jsonwebtoken)/' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { path: '^src/', orphan: true }, to: {} },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown', 'undetermined'] },
    },
    { name: 'resolves', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
