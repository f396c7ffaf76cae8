/** Code whose every operator decides about money, and the tests that have to notice a change of it. */
export interface Area {
  /** Where to look, from the project's root. */
  readonly folders: readonly string[]
  readonly sources: RegExp
  /** Compiled tests that need no server, in the order in which they run: a mutant is dead at the first that fails. */
  readonly tests: readonly RegExp[]
  /** What the compiler has to build for them. */
  readonly project: string
}

export const areas: Readonly<Record<string, Area>> = {
  domain: {
    folders: ['shared/domain'],
    sources: /\/src\/(?!examples|index|message).*\.ts$/,
    tests: [
      /\/dist\/test\/(?!histories|snapshots)[^/]*\.test\.js$/,
      /\/dist\/test\/(?:histories|snapshots)\.test\.js$/,
    ],
    project: 'shared/domain/test',
  },
  append: {
    folders: ['infra/embedded'],
    sources: /\/src\/event-store\/append-decision\.ts$/,
    tests: [/\/dist\/test\/event-store\/append-decision\.test\.js$/],
    project: 'infra/embedded/test',
  },
  ledger: {
    folders: ['services/api'],
    sources:
      /\/src\/ledger\/(?:stream-worker|stream-memory|taking|writing|draft|delivery|command-index|loaded-stream|restore-guard)\.ts$/,
    tests: [
      /\/dist\/test\/(?:stream-worker|highest-numbers)\.test\.js$/,
      /\/dist\/test\/(?:stream-worker|stale-caches)\.properties\.test\.js$/,
    ],
    project: 'services/api/test',
  },
  folds: {
    folders: ['projections'],
    sources: /^projections\/(?:core\/(?:fold|books)\/[^/]*|[^/]+\/(?:projection|steps|accounts))\.ts$/,
    tests: [
      /\/dist\/test\/rows\.test\.js$/,
      /\/dist\/test\/(?:row-image|journal|settlements|receivables-aging|collections|cash-[^/]*)\.test\.js$/,
      /\/dist\/test\/(?:vat-on-collection|tie-out\.properties|core)\.test\.js$/,
    ],
    project: 'projections/test',
  },
}
