// One arrow, services → projections → shared, and one file per driver. A package is met as its compiled output, so the
// rules name packages by their folder. Types count: whoever knows a type knows the module.

const npm = (names) => `node_modules/(?:@types/)?(?:${names})/`
const sources =
  '^(?:(?:shared|services|infra)/[^/]+/src|scripts/(?:src/|(?:bench|conformance|mutants)/(?!test/))|projections/(?!test/))'

const forbidden = [
  {
    name: 'shared-is-the-bottom',
    comment: 'What everybody uses depends on nobody. Tests may start the embedded stores.',
    from: { path: '^shared/' },
    to: { path: '^(?:projections|services|scripts)/' },
  },
  {
    name: 'shared-sources-start-nothing',
    from: { path: '^shared/[^/]+/src/' },
    to: { path: '^infra/' },
  },
  {
    name: 'the-event-store-knows-places-and-ids',
    comment: 'What a position, a revision and an id are; of the rest of the domain it carries bytes.',
    from: { path: '^shared/event-store/' },
    to: { path: '^shared/domain/', pathNot: '^shared/domain/(?:src|dist/src)/(?:ids|places)\\.' },
  },
  {
    name: 'projections-know-domain-and-runtime',
    from: { path: '^projections/' },
    to: { path: '^(?:services|scripts|shared/(?!domain/|runtime/))' },
  },
  {
    name: 'projection-sources-start-nothing',
    from: { path: '^projections/', pathNot: '^projections/test/' },
    to: { path: '^infra/' },
  },
  {
    name: 'projections-are-strangers',
    comment:
      'A read model is rebuilt and dropped alone. What they share is in core. To explain a figure, to tell a note in words, or to hold one against another is to read the models that make it up.',
    from: { path: '^projections/([^/]+)/', pathNot: '^projections/(?:test|accounting|explain|ties)/' },
    to: { path: '^projections/', pathNot: '^projections/(?:$1|core)/' },
  },
  {
    name: 'core-is-three-machines-and-a-shelf',
    comment: 'Folding and reading know nobody; tables stand on both, and what books share stands on the fold.',
    from: { path: '^projections/core/(fold|reading|tables|books)/' },
    to: { path: '^projections/core/', pathNot: '^projections/core/(?:$1|fold|reading)/' },
  },
  {
    name: 'a-fold-is-pure',
    comment: 'Events in, row changes out: tested, and audited, without a database.',
    from: { path: '^projections/core/(?:fold|books)/' },
    to: { pathNot: '^projections/core/(?:fold|books)/|^shared/domain/' },
  },
  {
    name: 'reading-knows-no-fold',
    from: { path: '^projections/core/reading/' },
    to: { path: '^projections/core/fold/' },
  },
  {
    name: 'read-models-write-nothing',
    comment: 'They say what changes; the writer changes it. Views for BI tools are DDL of their own.',
    from: { path: '^projections/[^/]+/', pathNot: '^projections/(?:core|bi|test)/' },
    to: { path: '^projections/core/tables/' },
  },
  {
    name: 'services-are-strangers',
    comment: 'Services meet in the stores.',
    from: { path: '^services/([^/]+)/' },
    to: { path: '^services/', pathNot: '^services/$1/' },
  },
  {
    name: 'service-sources-start-nothing',
    comment: 'In production the stores are elsewhere.',
    from: { path: '^services/[^/]+/src/' },
    to: { path: '^infra/' },
  },
  {
    name: 'http-knows-nobody',
    comment: 'Each package brings its own problems; the application puts them together.',
    from: { path: '^services/api/src/http/' },
    to: { path: '^services/api/src/', pathNot: '^services/api/src/(?:http/|version\\.ts$)' },
  },
  {
    name: 'the-ledger-knows-no-catalogue',
    comment: 'What carries out commands knows neither which there are nor who asks for them.',
    from: { path: '^services/api/src/ledger/' },
    to: { path: '^services/api/src/(?!ledger/)' },
  },
  {
    name: 'sagas-know-steps-and-the-ledger-alone',
    from: { path: '^services/api/src/(receipts|transfers)/' },
    to: { path: '^services/api/src/(?!$1/|steps/|ledger/)' },
  },
  {
    name: 'steps-know-the-ledger-alone',
    comment: 'What they are steps of is told to them.',
    from: { path: '^services/api/src/steps/' },
    to: { path: '^services/api/src/(?!steps/|ledger/)' },
  },
  {
    name: 'commands-and-queries-are-strangers',
    comment: 'They meet in the stores.',
    from: { path: '^services/api/src/(?:queries|documents)/' },
    to: { path: '^services/api/src/(?:commands|receipts|transfers|steps|ledger)/' },
  },
  {
    name: 'commands-know-no-queries',
    from: { path: '^services/api/src/commands/' },
    to: { path: '^services/api/src/(?:queries|documents)/' },
  },
  {
    name: 'rooms-of-the-api-know-no-application',
    comment: 'What stands beside the rooms puts them together.',
    from: { path: '^services/api/src/[^/]+/' },
    to: { path: '^services/api/src/[^/]+$', pathNot: '^services/api/src/version\\.ts$' },
  },
  {
    name: 'services-know-no-scripts',
    from: { path: '^(?:services|infra)/' },
    to: { path: '^scripts/' },
  },
  {
    name: 'benches-are-for-nobody',
    comment: 'What runs the system is installed without them.',
    from: { pathNot: '^scripts/(?:bench|conformance|mutants)/' },
    to: { path: '^scripts/(?:bench|conformance|mutants)/' },
  },
  {
    name: 'embedded-knows-runtime-only',
    comment: 'It stands in for foreign products, which know nothing of ours.',
    from: { path: '^infra/embedded/' },
    to: { path: '^(?:projections|services|shared/(?!runtime/))' },
  },
  {
    name: 'domain-does-nothing',
    comment: 'Pure: no input or output, no clock, no randomness.',
    from: { path: '^shared/domain/src/' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'domain-is-alone',
    from: { path: '^shared/domain/src/' },
    to: { pathNot: `^shared/domain/src/|${npm('zod|dinero\\.js')}` },
  },
  {
    name: 'one-file-knows-pg',
    from: { pathNot: '^shared/runtime/src/postgres\\.ts$' },
    to: { path: npm('pg|pg-copy-streams|pg-cursor|pg-pool|pg-protocol|pg-types') },
  },
  {
    name: 'four-files-know-the-event-store-client',
    comment: 'The conformance suite, the benchmarks and the tests of the adapter use the client as a stranger would.',
    from: {
      pathNot:
        '^(?:shared/event-store/(?:src/(?:eventstoredb|append-stream|client-parts|stored-read)\\.ts$|test/)|scripts/(?:conformance|bench)/)',
    },
    to: { path: npm('@eventstore/db-client') },
  },
  {
    name: 'one-file-knows-dinero',
    from: { pathNot: '^shared/domain/(src/money|test/values\\.test)\\.ts$' },
    to: { path: npm('dinero\\.js') },
  },
  {
    name: 'no-cycles',
    from: {},
    to: { circular: true },
  },
  {
    name: 'sources-know-no-tests',
    from: { path: sources, pathNot: '^scripts/src/test\\.ts$' },
    to: { path: '(?:^|/)test/|^shared/runtime/(?:src|dist/src)/testing\\.' },
  },
  {
    name: 'sources-know-no-development-packages',
    from: { path: sources },
    to: { dependencyTypes: ['npm-dev'] },
  },
  {
    name: 'everything-resolves',
    comment: 'A module that is not found escapes every other rule.',
    from: {},
    to: { couldNotResolve: true },
  },
]

export default {
  forbidden: forbidden.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules|(?:^|/)dist/' },
    exclude: { path: '(?:^|/)(?:\\.tap|\\.registru|fixtures)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
