import { formatRomanianDay } from '@registru/domain'
import type { CellKind, Column } from './columns.ts'

/** `ro`: what a spreadsheet with Romanian settings opens as a table, numbers as numbers. */
export type Locale = 'ro' | undefined

/** Without it, the same spreadsheet takes UTF-8 for a page of Windows. */
const BYTE_ORDER_MARK = '\uFEFF'
const LINE_END = '\r\n'
const SPECIAL = /[",;\r\n]/
/**
 * What a spreadsheet would run (OWASP, CSV injection), the wide forms of East Asian keyboards too; an apostrophe in front
 * says that it is text.
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

const scalar = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : ''

const cell = (value: unknown, kind: CellKind, locale: Locale): string => {
  const text = scalar(value)
  if (kind === 'decimal') return locale === 'ro' ? text.replace('.', ',') : text
  if (kind === 'number') return text
  if (kind === 'day') return locale === 'ro' ? formatRomanianDay(text) : text
  const safe = FORMULA.test(text) ? `'${text}` : text
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** RFC 4180, with the separator that the locale's decimal comma leaves free. */
export const csvHead = (columns: readonly Column[], locale: Locale): string => {
  const names = columns.map(({ name, romanian = name }) => cell(locale === 'ro' ? romanian : name, 'text', locale))
  return (locale === 'ro' ? BYTE_ORDER_MARK : '') + names.join(locale === 'ro' ? ';' : ',') + LINE_END
}

export const csvRow = (columns: readonly Column[], row: object, locale: Locale): string =>
  columns.map(({ kind, valueOf }) => cell(valueOf(row), kind, locale)).join(locale === 'ro' ? ';' : ',') + LINE_END
