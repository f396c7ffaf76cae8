/** The first place at which an answer does not say what is expected; more fields than expected are no difference. */
export const firstDifference = (expected: unknown, found: unknown, path = ''): string | undefined => {
  if (Array.isArray(expected)) {
    if (!Array.isArray(found)) return `${path}: expected a list, found ${JSON.stringify(found)}`
    for (const [index, item] of expected.entries()) {
      const difference = firstDifference(item, found[index], `${path}/${index}`)
      if (difference !== undefined) return difference
    }
    return found.length === expected.length
      ? undefined
      : `${path}: expected ${expected.length} items, found ${found.length}; the first too many: ${JSON.stringify(found[expected.length])}`
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof found !== 'object' || found === null)
      return `${path}: expected an object, found ${JSON.stringify(found)}`
    const fields = new Map<string, unknown>(Object.entries(found))
    for (const [name, value] of Object.entries(expected)) {
      const difference = firstDifference(value, fields.get(name), `${path}/${name}`)
      if (difference !== undefined) return difference
    }
    return undefined
  }
  if (expected === found) return undefined
  return `${path}: by the events ${JSON.stringify(expected)}, answered ${JSON.stringify(found)}`
}
