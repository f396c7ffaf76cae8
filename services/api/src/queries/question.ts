const PATH_AND_QUERY = /^([^?]*)\??(.*)$/s

/** How long to wait says nothing about what is asked. */
export const TIMING: readonly string[] = ['minPosition', 'maxWait']
/** Nor does how the answer is cut and written. */
const CUT_AND_FORM: readonly string[] = [...TIMING, 'limit', 'cursor', 'format', 'locale']

/** What a URL asks: its path and its filters, in whatever order they came. */
export const questionOf = (url: string, without: readonly string[] = CUT_AND_FORM): readonly string[] => {
  const [, path = '', search = ''] = PATH_AND_QUERY.exec(url) ?? []
  const filters = [...new URLSearchParams(search)].filter(([name]) => !without.includes(name))
  return [path, ...filters.map((pair) => pair.join('=')).toSorted()]
}
