import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time for user space in hundredths of a second, on every machine. */
const TICK_US = 10_000

interface ProcessTimes {
  readonly parent: number
  readonly ownUs: number
  /** Of children that have ended and been waited for. */
  readonly reapedUs: number
}

const timesOf = (pid: number): ProcessTimes | undefined => {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    // It ended between the listing and the reading; its time is its parent's reaped time now.
    return undefined
  }
  // The name in parentheses may hold anything, so fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = (index: number): number => Number(fields[index])
  return { parent: ticks(1), ownUs: (ticks(11) + ticks(12)) * TICK_US, reapedUs: (ticks(13) + ticks(14)) * TICK_US }
}

export const canMeasureCpu = existsSync('/proc/self/stat')

/** Processor time of each process with its children so far, in µs; a server's workers count as the server. */
export const cpuOf = (processes: Readonly<Record<string, number>>): Readonly<Record<string, number>> => {
  if (!canMeasureCpu) return {}
  const all = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      const times = timesOf(Number(name))
      return times === undefined ? [] : [times]
    })
  return Object.fromEntries(
    Object.entries(processes).map(([name, pid]) => {
      const own = timesOf(pid)
      const children = all.filter(({ parent }) => parent === pid)
      const childrenUs = children.reduce((sum, { ownUs, reapedUs }) => sum + ownUs + reapedUs, 0)
      return [name, (own === undefined ? 0 : own.ownUs + own.reapedUs) + childrenUs]
    }),
  )
}

export const cpuBetween = (
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(after).map(([name, us]) => [name, us - (before[name] ?? 0)]))
