import Table from 'cli-table3'
import { colors } from '../colors.ts'

export interface Column {
  readonly head: string
  readonly align?: 'left' | 'right'
}

/** A rule under the head and nothing between rows: a long list stays readable, and `grep` finds whole rows. */
const FRAME = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  mid: '',
  'left-mid': '',
  'mid-mid': '',
  'right-mid': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  right: '',
  middle: '  ',
}

/** Lines and columns for a person. Amounts stand under each other. */
export const textTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const table = new Table({
    head: columns.map(({ head }) => colors.bold(head)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: FRAME,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString().replaceAll(/ +$/gm, '')
}
