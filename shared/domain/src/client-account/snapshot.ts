import type { SnapshotFormat } from '../decider.ts'
import type { Currency } from '../money.ts'
import {
  type ByteCursor,
  createWriter,
  readerOf,
  readText,
  readUint,
  writeText,
  writeUint,
  written,
} from '../packed/byte-cursor.ts'
import { dumpIndexed, restoreIndexed, weighIndexed } from '../packed/packed-index.ts'
import { dumpRecords, type PackedRecords, restoreRecords, weighRecords } from '../packed/packed-records.ts'
import { count, day, type FieldsOf, flag, listOf, object, oneOf, optional, text } from '../packed/packed-table.ts'
import { type Address, ClientKind } from '../party.ts'
import { bytesOfOpenInvoices, type OpenInvoices, readOpenInvoices, writeOpenInvoices } from './open-invoices.ts'
import type { OrdinalsLeft } from './records/ordinals-left.ts'
import type { Client, ClientAccount, Merge } from './state.ts'

/** What the account itself takes: its client, its maps, its empty lists. */
const BYTES_OF_AN_ACCOUNT = 900

const address: FieldsOf<Address> = {
  street: optional(text),
  city: text,
  county: optional(text),
  postalCode: optional(text),
  countryCode: text,
}

const client = optional(
  object<Client>({
    clientId: text,
    kind: oneOf(ClientKind.options),
    name: text,
    taxId: optional(text),
    tradeRegisterNumber: optional(text),
    address: optional(object(address)),
    email: optional(text),
  }),
)

const merge = optional(object<Merge>({ intoClientId: text, mergedOn: day, round: count, isConfirmed: flag }))

const readOpenByDue = (from: ByteCursor): Map<Currency, OpenInvoices> => {
  const openByDue = new Map<Currency, OpenInvoices>()
  for (let left = readUint(from); left > 0; left -= 1) openByDue.set(readText(from), readOpenInvoices(from))
  return openByDue
}

const ordinals = listOf(count)

const readOrdinals = (from: ByteCursor, records: PackedRecords): OrdinalsLeft => {
  const byCurrency: OrdinalsLeft = new Map()
  for (let left = readUint(from); left > 0; left -= 1) byCurrency.set(readText(from), [...ordinals.read(from, records)])
  return byCurrency
}

const writeOrdinals = (out: ByteCursor, byCurrency: OrdinalsLeft, records: PackedRecords): void => {
  writeUint(out, byCurrency.size)
  for (const [currency, of] of byCurrency) {
    writeText(out, currency)
    ordinals.write(out, of, records)
  }
}

export const accountSnapshot: SnapshotFormat<ClientAccount> = {
  version: 6,
  encode: (account) => {
    const out = createWriter()
    dumpRecords(out, account.records)
    dumpIndexed(out, account.papers)
    client.write(out, account.client, account.records)
    merge.write(out, account.merge, account.records)
    writeUint(out, account.openByDue.size)
    for (const [currency, open] of account.openByDue) {
      writeText(out, currency)
      writeOpenInvoices(out, open)
    }
    writeOrdinals(out, account.chargesLeft, account.records)
    writeOrdinals(out, account.notesLeft, account.records)
    return written(out)
  },
  decode: (bytes) => {
    const from = readerOf(bytes)
    const records = restoreRecords(from)
    const papers = restoreIndexed(from)
    const debtor = client.read(from, records)
    const goes = merge.read(from, records)
    const openByDue = readOpenByDue(from)
    const chargesLeft = readOrdinals(from, records)
    return {
      client: debtor,
      merge: goes,
      records,
      papers,
      openByDue,
      chargesLeft,
      notesLeft: readOrdinals(from, records),
    }
  },
  weigh: ({ records, papers, openByDue }) => {
    let bytes = BYTES_OF_AN_ACCOUNT + weighRecords(records) + weighIndexed(papers)
    for (const open of openByDue.values()) bytes += bytesOfOpenInvoices(open)
    return bytes
  },
}
