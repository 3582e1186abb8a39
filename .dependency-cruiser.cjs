/**
 * The arrows of the house (ARCHITECTURE.md), over every import, those of types too. A room may import what its `to`
 * names and nothing else of ours. swc parses: it tells types from values, and dependency-cruiser cannot use
 * TypeScript 7 yet (hence its warning).
 * Composition roots (worker/main, api/main, some cli commands, local) may reach any room they start.
 */
const rooms = [
  'schema',
  'statistics',
  'assignment',
  'config',
  'gates',
  'evaluators',
  'agents',
  'store',
  'workflows',
  'activities',
  'api',
  'worker',
  'local',
  'client',
  'cli',
  'examples',
  'benchmarks',
];
const roots = '^(worker/|api/main\\.ts|cli/commands/(up|worker|api|migrate|doctor|down|demo)\\.ts)';

/** @param {string} room @param {string[]} allowed paths (regular expressions) the room may import */
const only = (room, allowed, extra = {}) => ({
  name: `${room.replace('/', '-')}-arrows`,
  severity: 'error',
  comment: `${room} may import only: ${[room, ...allowed].join(', ')}`,
  from: { path: `^${room}/`, pathNot: room === 'api' ? [roots, '^api/gateway/'] : roots },
  to: { path: `^(${rooms.join('|')})/`, pathNot: [`^${room}/`, ...allowed.map((path) => `^${path}`)], ...extra },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-test',
      severity: 'error',
      from: { path: `^(${rooms.join('|')})/`, pathNot: '^benchmarks/' },
      to: { path: '^test/' },
    },
    only('schema', []),
    only('statistics', []),
    only('assignment', []),
    only('config', []),
    only('gates', ['statistics/', 'schema/']),
    only('evaluators', ['schema/']),
    only('agents', ['schema/']),
    only('store', ['schema/']),
    only('workflows', ['schema/', 'activities/index\\.ts']),
    {
      name: 'workflows-types-only',
      severity: 'error',
      comment: 'workflow code runs in a sandbox: of other rooms it may know types, never values',
      from: { path: '^workflows/' },
      to: { path: `^(${rooms.join('|')})/`, pathNot: ['^workflows/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workflows-no-node',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'] },
    },
    only('activities', ['schema/', 'gates/', 'statistics/', 'assignment/', 'evaluators/', 'agents/', 'store/']),
    only('api', ['schema/', 'gates/', 'assignment/', 'store/', 'workflows/messages\\.ts']),
    // The gateway calls agents.
    only('api/gateway', ['api/', 'schema/', 'assignment/', 'store/', 'agents/', 'config/']),
    only('local', ['config/', 'schema/']),
    only('client', ['schema/contracts/', 'schema/errors\\.ts', 'assignment/', 'api/root\\.ts']),
    {
      name: 'client-api-types-only',
      severity: 'error',
      comment: 'the client runs in browsers: of the API it may know types, never values',
      from: { path: '^client/' },
      to: { path: '^api/', dependencyTypesNot: ['type-only'] },
    },
    // The one piece of judging that needs no data: docs/adr/0015.
    only('cli', ['client/', 'schema/contracts/', 'schema/errors\\.ts', 'config/', 'gates/simulate-policy\\.ts']),
    only('examples', ['client/', 'schema/contracts/']),
    {
      name: 'statistics-no-clock',
      severity: 'error',
      comment: 'pure rooms use no node built-ins',
      from: { path: '^(statistics|gates|assignment)/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|\\.sluice|dist)/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.cjs', '.json'] },

    moduleSystems: ['es6', 'cjs'],
  },
};
