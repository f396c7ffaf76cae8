/** How many characters have to be changed, left out or put in to make one of the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j += 1) {
      const changed = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** A slip of the finger or two, and whatever case it is written in. */
const SLIPS_MAX = 3

/** The names that may have been meant, the likeliest first; of what is like none of them, none. */
export const nearTo = (given: string, names: readonly string[]): readonly string[] =>
  names
    .map((name) => ({ name, slips: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, slips }) => slips <= SLIPS_MAX || name.toLowerCase().includes(given.toLowerCase()))
    .toSorted((a, b) => a.slips - b.slips)
    .map(({ name }) => name)
