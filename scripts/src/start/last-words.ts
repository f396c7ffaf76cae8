import { z } from 'zod'

const LogLine = z.looseObject({
  level: z.string(),
  msg: z.string(),
  err: z.looseObject({ message: z.string() }).optional(),
})

const isStack = (line: string): boolean => /^\s+at |^\s*$|^\s*[{}^]|^Node\.js v/.test(line)

const logLine = (line: string): z.infer<typeof LogLine> | undefined => {
  try {
    return LogLine.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

/** What a process said last, as one sentence: why it gave up, if it told, else its last line. Stacks stay in the log. */
export const lastWords = (tail: string): string | undefined => {
  const lines = tail.split('\n').filter((line) => !isStack(line) || logLine(line) !== undefined)
  const said = lines.map((line) => ({ line, entry: logLine(line) }))
  const last =
    said.findLast(({ entry }) => entry?.level === 'fatal' || entry?.level === 'error') ??
    said.findLast(({ line, entry }) => entry === undefined && /^\w*Error\b/.test(line)) ??
    said.at(-1)
  if (last?.entry === undefined) return last?.line
  const { msg, err } = last.entry
  return err === undefined || msg.includes(err.message) ? msg : `${msg}: ${err.message}`
}
