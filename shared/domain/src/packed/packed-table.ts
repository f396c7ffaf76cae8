import type { BusinessDay } from '../business-day.ts'
import {
  type ByteCursor,
  readAmount,
  readByte,
  readText,
  readUint,
  writeAmount,
  writeByte,
  writeText,
  writeUint,
} from './byte-cursor.ts'
import { bodyAt, findRecord, intern, type PackedRecords, putRecord, wordAt } from './packed-records.ts'

/** How one value stands among bytes. What many records share is kept once, as a record of its own. */
export interface Field<Value> {
  readonly write: (out: ByteCursor, value: Value, records: PackedRecords) => void
  readonly read: (from: ByteCursor, records: PackedRecords) => Value
  /** Of what is there or is not: an object keeps the answers of eight such fields in one byte. */
  readonly bit?: {
    readonly isSet: (value: Value) => boolean
    /** Value of a field whose bit is not set; nothing of it is written. */
    readonly unset: Value
    /** What follows for a bit that is set. */
    readonly write: (out: ByteCursor, value: Value, records: PackedRecords) => void
    readonly read: (from: ByteCursor, records: PackedRecords) => Value
  }
}

export const text: Field<string> = { write: writeText, read: readText }
export const amount: Field<bigint> = { write: writeAmount, read: readAmount }
/** A whole number. */
export const count: Field<number> = {
  write: (out, value) => writeAmount(out, BigInt(value)),
  read: (from) => Number(readAmount(from)),
}
export const flag: Field<boolean> = {
  write: (out, value) => writeByte(out, value ? 1 : 0),
  read: (from) => readByte(from) === 1,
  bit: { isSet: (value) => value, unset: false, write: () => undefined, read: () => true },
}

/** Days count from the first that a business day may be, every month as if it had 31. */
const YEAR_MIN = 1990
const MONTHS = 12
const DAYS = 31

const ZERO = '0'.charCodeAt(0)

const digitsOf = (text: string, from: number, to: number): number => {
  let number = 0
  for (let index = from; index < to; index += 1) number = number * 10 + text.charCodeAt(index) - ZERO
  return number
}

/** Rises with the day. */
export const numberOfDay = (day: BusinessDay): number =>
  ((digitsOf(day, 0, 4) - YEAR_MIN) * MONTHS + digitsOf(day, 5, 7) - 1) * DAYS + digitsOf(day, 8, 10) - 1

const twoDigits = (number: number): string => `${number}`.padStart(2, '0')

/** Every day is written out once; there are fewer than 80,000. */
const dayTexts = new Map<number, BusinessDay>()

const dayOfNumber = (number: number): BusinessDay => {
  const known = dayTexts.get(number)
  if (known !== undefined) return known
  const month = Math.floor(number / DAYS)
  const year = YEAR_MIN + Math.floor(month / MONTHS)
  const day = `${year}-${twoDigits((month % MONTHS) + 1)}-${twoDigits((number % DAYS) + 1)}`
  dayTexts.set(number, day)
  return day
}

export const day: Field<BusinessDay> = {
  write: (out, value) => writeUint(out, numberOfDay(value)),
  read: (from) => dayOfNumber(readUint(from)),
}

export const oneOf = <const Value extends string>(values: readonly Value[]): Field<Value> => ({
  write: (out, value) => writeByte(out, values.indexOf(value)),
  read: (from) => {
    const value = values[readByte(from)]
    if (value === undefined) throw new Error('packed bytes name a choice that there is not')
    return value
  },
})

/** A text that many records share: a series, a desk, a currency. */
export const shared = (kind: number): Field<string> => ({
  write: (out, value, records) => writeUint(out, intern(records, kind, value)),
  read: (from, records) => wordAt(records, readUint(from)),
})

export const optional = <Value>(field: Field<Value>): Field<Value | undefined> => ({
  write: (out, value, records) => {
    writeByte(out, value === undefined ? 0 : 1)
    if (value !== undefined) field.write(out, value, records)
  },
  read: (from, records) => (readByte(from) === 0 ? undefined : field.read(from, records)),
  bit: {
    isSet: (value) => value !== undefined,
    unset: undefined,
    write: (out, value, records) => {
      if (value !== undefined) field.write(out, value, records)
    },
    read: field.read,
  },
})

export const listOf = <Value>(field: Field<Value>): Field<readonly Value[]> => ({
  write: (out, values, records) => {
    writeUint(out, values.length)
    for (const value of values) field.write(out, value, records)
  },
  read: (from, records) => Array.from({ length: readUint(from) }, () => field.read(from, records)),
})

export type FieldsOf<Value> = { readonly [Name in keyof Value]-?: Field<Value[Name]> }

const namesOf = <Value>(fields: FieldsOf<Value>): readonly (keyof Value)[] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of FieldsOf<Value> are those of Value
  Object.keys(fields) as (keyof Value)[]

const BYTE = 8

/**
 * An object with every name already in it. A copy of it is one shape for good; names that are added one by one make a
 * dictionary of an object as soon as there are a dozen, and everything that is done with it is several times slower.
 */
const blankOf = <Value>(names: readonly (keyof Value)[]): Partial<Value> =>
  // oxlint-disable-next-line typescript/no-unsafe-return -- what was written a moment before
  JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null]))))

/** An object: first the bits of the fields that have one, then field by field in the order of `fields`. */
export const object = <Value extends object>(fields: FieldsOf<Value>): Field<Value> => {
  const names = namesOf(fields)
  /** Place of each field's bit; below 31, as many as a number shifts. */
  const places = new Map(names.filter((name) => fields[name].bit !== undefined).map((name, place) => [name, place]))
  const parts = names.map((name) => ({ name, field: fields[name], mask: 1 << (places.get(name) ?? 0) }))
  const blank = blankOf<Value>(names)
  return {
    write: (out, value, records) => {
      let bits = 0
      for (const { name, field, mask } of parts) if (field.bit?.isSet(value[name]) === true) bits |= mask
      for (let first = 0; first < places.size; first += BYTE) writeByte(out, (bits >>> first) & 0xff)
      for (const { name, field, mask } of parts) {
        if (field.bit === undefined) field.write(out, value[name], records)
        else if ((bits & mask) !== 0) field.bit.write(out, value[name], records)
      }
    },
    read: (from, records) => {
      const value: Partial<Value> = { ...blank }
      let bits = 0
      for (let first = 0; first < places.size; first += BYTE) bits |= readByte(from) << first
      for (const { name, field, mask } of parts) {
        if (field.bit === undefined) value[name] = field.read(from, records)
        else value[name] = (bits & mask) === 0 ? field.bit.unset : field.bit.read(from, records)
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every name has its value now
      return value as Value
    },
  }
}

/** Records of one kind, by key. What is got is a copy: `set` it to keep a change. */
export interface PackedTable<Value> {
  readonly get: (records: PackedRecords, key: string) => Value | undefined
  readonly has: (records: PackedRecords, key: string) => boolean
  /** @returns the record's ordinal */
  readonly set: (records: PackedRecords, key: string, value: Value) => number
  readonly at: (records: PackedRecords, ordinal: number) => Value
  readonly ordinalOf: (records: PackedRecords, key: string) => number | undefined
}

export const packedTable = <Value>(kind: number, field: Field<Value>): PackedTable<Value> => {
  const at = (records: PackedRecords, ordinal: number): Value => field.read(bodyAt(records, ordinal), records)
  return {
    get: (records, key) => {
      const ordinal = findRecord(records, kind, key)
      return ordinal === undefined ? undefined : at(records, ordinal)
    },
    has: (records, key) => findRecord(records, kind, key) !== undefined,
    set: (records, key, value) => putRecord(records, kind, key, (body) => field.write(body, value, records)),
    at,
    ordinalOf: (records, key) => findRecord(records, kind, key),
  }
}
