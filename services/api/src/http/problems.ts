/** What a code stands for. */
export interface ProblemKind {
  readonly status: number
  readonly title: string
  /** The world moved: the same request may succeed in a moment. Of 503 and 504 that is understood. */
  readonly isRetryable?: boolean
}

/** Complete by type: a new code does not compile without a status. Codes are API and never renamed. */
export type ProblemKinds<Code extends string = string> = Readonly<Record<Code, ProblemKind>>

/** One thing that is wrong with a request: where, as a JSON pointer, and the rule that it breaks. */
export interface Violation {
  readonly path: string
  readonly rule: string
}

/** What is told of one occurrence beside its kind. */
export interface ProblemFacts {
  readonly detail?: string | undefined
  /** Which command of a batch, from 0. */
  readonly item?: number | undefined
  readonly details?: object | undefined
  readonly errors?: readonly Violation[] | undefined
  /** Nobody but us can help; whatever the caller hears, the log says it as an error. */
  readonly isOurs?: boolean | undefined
}

export interface ProblemOccurrence extends ProblemKind, ProblemFacts {
  readonly code: string
}

/** What a package's errors are on the wire. */
export interface ProblemTable {
  readonly kinds: ProblemKinds
  /** `undefined` for an error of somebody else; `tellAny` for one that is wrapped in another. */
  readonly tell: (error: unknown, tellAny: (error: unknown) => ProblemOccurrence) => ProblemOccurrence | undefined
}

export const tellerOf =
  <Code extends string>(kinds: ProblemKinds<Code>) =>
  (code: Code, facts: ProblemFacts = {}): ProblemOccurrence => ({ code, ...kinds[code], ...facts })

/** What goes wrong before any package is asked, and what no package knows. */
export const edgeKinds = {
  INTERNAL_ERROR: { status: 500, title: 'Internal error' },
  MALFORMED_REQUEST: { status: 400, title: 'The request is malformed' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The resource has no such method' },
  NOT_FOUND: { status: 404, title: 'No such resource' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  UNAUTHORIZED: { status: 401, title: 'The request carries no token that is known here' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The media type is not supported' },
} satisfies ProblemKinds
export type EdgeCode = keyof typeof edgeKinds

/** The tables of all packages as one. */
export interface Problems {
  readonly kinds: ProblemKinds
  /** What nobody knows is our own mistake. */
  readonly tell: (error: unknown) => ProblemOccurrence
}

export const composeProblems = (tables: readonly ProblemTable[]): Problems => {
  const tell = (error: unknown): ProblemOccurrence => {
    for (const table of tables) {
      const told = table.tell(error, tell)
      if (told !== undefined) return told
    }
    return { code: 'INTERNAL_ERROR', ...edgeKinds.INTERNAL_ERROR, isOurs: true }
  }
  return { kinds: Object.fromEntries(tables.flatMap(({ kinds }) => Object.entries(kinds))), tell }
}

export const isRetryable = ({ status, isRetryable: isSaidToBe = false }: ProblemKind): boolean =>
  isSaidToBe || status === 503 || status === 504

/** RFC 9457 with the stable members `code`, `requestId`, and `details` or `errors`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail?: string
  readonly instance: string
  readonly requestId: string
  /** Which command of a batch, from 0. */
  readonly item?: number
  readonly details?: object
  readonly errors?: readonly Violation[]
}

export const problemOf = (
  { code, status, title, detail, item, details, errors }: ProblemOccurrence,
  request: { readonly id: string; readonly url: string },
): Problem => ({
  type: `urn:registru:problem:${code.toLowerCase().replaceAll('_', '-')}`,
  title,
  status,
  code,
  ...(detail === undefined ? {} : { detail }),
  // The path without its query: filters may hold names.
  instance: request.url.split('?', 1)[0] ?? request.url,
  requestId: request.id,
  ...(item === undefined ? {} : { item }),
  ...(details === undefined ? {} : { details }),
  ...(errors === undefined ? {} : { errors }),
})
