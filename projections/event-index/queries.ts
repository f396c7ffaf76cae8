import {
  type ClientId,
  type CommandId,
  type CompanyId,
  clientAccountStream,
  type InvoiceId,
  type PaymentId,
  type Position,
  type Revision,
} from '@registru/domain'
import type { Pool } from '@registru/runtime'
import { wasKnown } from '../core/reading/clocks.ts'
import { type Page, pageOf, READ_SCHEMA, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import type { EventIndexViews } from './tables.ts'

/** Where an event stands. */
export interface EventPlace {
  readonly position: Position
  readonly stream: string
  readonly revision: Revision
  readonly type: string
}

/** Everything that is given has to be so. */
export interface EventFilter {
  readonly companyId: CompanyId
  readonly clientId?: ClientId | undefined
  readonly invoiceId?: InvoiceId | undefined
  /** Of a payment, or of a credit note on account. */
  readonly paymentId?: PaymentId | undefined
  readonly correlationId?: string | undefined
  readonly commandId?: CommandId | undefined
  readonly type?: string | undefined
  /** Positions: beyond the first, up to the second. `undefined`: from the first event on, to the last. */
  readonly after?: Position | undefined
  readonly upTo?: Position | undefined
  readonly limit: number
}

/** A company is known from its first event on, whether it has said who it is or not. */
export const isCompanyKnown = async (
  db: ReadHandle,
  {
    companyId,
    knownAt,
  }: {
    readonly companyId: CompanyId
    /** A position; `undefined`: everything. */
    readonly knownAt?: Position | undefined
  },
): Promise<boolean> => {
  const row = await db
    .withTables<EventIndexViews>()
    .selectFrom('read.event_index')
    .select('position')
    .where('company_id', '=', companyId)
    .where(wasKnown(knownAt))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * The revision of a client's account as of a position: what a command that was decided on that answer names in `If-Match`.
 * `undefined`: nothing is known of the account.
 */
export const findAccountRevision = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    position,
  }: { readonly companyId: CompanyId; readonly clientId: ClientId; readonly position: Position },
): Promise<Revision | undefined> => {
  const row = await db
    .withTables<EventIndexViews>()
    .selectFrom('read.event_index')
    .select('revision')
    .where('company_id', '=', companyId)
    .where('client_id', '=', clientId)
    .where('stream', '=', clientAccountStream(companyId, clientId))
    .where('position', '<=', position)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.revision
}

/** A stream in which a command has written. */
export interface CommandPlace {
  readonly commandId: CommandId
  readonly stream: string
  /** Of its first event there. */
  readonly revision: Revision
}

/** Asked before each command is decided, so it is planned once a connection. */
const COMMAND_PLACES = {
  name: 'command places',
  text: `select command_id as "commandId", stream, min(revision) as revision from ${READ_SCHEMA}.event_index
    where command_id = any($1) group by command_id, stream`,
}

/** In no order. A command id is of one company alone. */
export const listCommandPlaces = async (
  pool: Pick<Pool, 'query'>,
  commandIds: readonly string[],
): Promise<readonly CommandPlace[]> => {
  const { rows } = await pool.query<CommandPlace>({ ...COMMAND_PLACES, values: [commandIds] })
  return rows
}

/** In the order of the log. */
export const listEventPlaces = async (db: ReadHandle, filter: EventFilter): Promise<Page<EventPlace, Position>> => {
  const { companyId, after, upTo, limit } = filter
  let query = db
    .withTables<EventIndexViews>()
    .selectFrom('read.event_index')
    .select(['position', 'stream', 'revision', 'type'])
    .where('company_id', '=', companyId)
  const equals = {
    client_id: filter.clientId,
    invoice_id: filter.invoiceId,
    payment_id: filter.paymentId,
    correlation_id: filter.correlationId,
    command_id: filter.commandId,
    type: filter.type,
  }
  for (const column of ['client_id', 'invoice_id', 'payment_id', 'correlation_id', 'command_id', 'type'] as const) {
    const value = equals[column]
    if (value !== undefined) query = query.where(column, '=', value)
  }
  if (after !== undefined) query = query.where('position', '>', after)
  if (upTo !== undefined) query = query.where('position', '<=', upTo)
  const rows = await query.orderBy('position').limit(rowsToAskFor(limit)).execute()
  return pageOf(rows, limit, (last) => last.position)
}
