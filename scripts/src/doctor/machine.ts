import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { findProcess } from '@registru/runtime'
import type { RunFile } from '../run-file.ts'
import type { Examination } from './diagnosis.ts'

const NODE_MINIMUM = [20, 19] as const
const GIBIBYTE = 1024 ** 3
/** PostgreSQL stops when its disk is full; a day of a busy ledger must still fit. */
const FREE_GIBIBYTES_MIN = 2
const FREE_SHARE_MIN = 0.1

/** What every process of ours stands on: this Node, this disk, and whether what was started here still runs. */
export const examineMachine = async (at: Examination, home: string, run: RunFile | undefined): Promise<void> => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [majorMinimum, minorMinimum] = NODE_MINIMUM
  const isEnough = major > majorMinimum || (major === majorMinimum && minor >= minorMinimum)
  if (isEnough) at.ok('Node', process.version)
  else at.wrong('Node', process.version, `Install Node ${NODE_MINIMUM.join('.')} or newer.`)

  if (existsSync(home)) {
    const { bavail, blocks, bsize } = await statfs(home)
    const free = (bavail * bsize) / GIBIBYTE
    const found = `${free.toFixed(1)} GiB free at ${home}`
    if (free >= FREE_GIBIBYTES_MIN && bavail / blocks >= FREE_SHARE_MIN) at.ok('disk', found)
    else if (free >= FREE_GIBIBYTES_MIN) at.note('disk', found, 'Less than a tenth is free: plan for more.')
    else at.wrong('disk', found, 'Make room: PostgreSQL stops when its disk is full.')
  }

  if (run === undefined) {
    at.note('run file', `none at ${home}`, 'If the ledger should run here: npm start.')
    return
  }
  const gone = Object.entries(run.processes).filter(([, pid]) => findProcess(pid) === undefined)
  if (gone.length === 0) at.ok('processes', Object.keys(run.processes).join(', ') || 'none of them here')
  else
    at.wrong(
      'processes',
      `gone: ${gone.map(([name]) => name).join(', ')}`,
      'Start again: npm start. Its logs tell why.',
    )
}
