import { hash } from 'node:crypto'
import type { CommandId, CompanyId, EventId } from '@registru/domain/ids'

/** Fixed for ever: another namespace would give every retried command new ids, and book it twice. */
const COMMANDS_NAMESPACE = '0a6d4b1c-4f0e-5c1d-9e55-7f3c2a9b8e10'

const UUID_BYTES = 16
const DASH = /-/g
/** The two highest bits of the seventeenth digit say which kind of UUID it is; the other two are the hash's. */
const VARIANTS = '89ab'

/**
 * RFC 9562 §5.5, in one call of the hash and without lists of bytes: every command takes several of them, and the library's
 * takes five times as long.
 */
const uuidV5 = (name: string, namespace: string): string => {
  const bytes = Buffer.allocUnsafe(UUID_BYTES + Buffer.byteLength(name))
  bytes.write(namespace.replace(DASH, ''), 'hex')
  bytes.write(name, UUID_BYTES)
  const hex = hash('sha1', bytes)
  const variant = VARIANTS.charAt(Number.parseInt(hex.charAt(16), 16) & 3)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** The same company, command and key give the same id, in every process and every year. */
export const commandIdOf = (companyId: CompanyId, command: string, idempotencyKey: string): CommandId =>
  // Neither a company id nor a command's name can hold the separator, so no two triples give one text.
  uuidV5(`${companyId}|${command}|${idempotencyKey}`, COMMANDS_NAMESPACE)

/** What an event's id is derived from: equal ids mean equal events, in any number of processes. */
export interface EventContent {
  readonly commandId: CommandId
  /** Place of the event among those of its command, from 0. */
  readonly index: number
  readonly type: string
  readonly schemaVersion: number
  /** The JSON that is stored, to the byte. */
  readonly data: string
  readonly requestHash: string
}

export const eventIdOf = ({ commandId, index, type, schemaVersion, data, requestHash }: EventContent): EventId =>
  uuidV5(`${index}|${type}|${schemaVersion}|${hash('sha256', data)}|${requestHash}`, commandId)

/** As ids were before they covered the content; logs hold both (decision 0018). */
export const formerEventIdOf = (commandId: CommandId, index: number): EventId => uuidV5(String(index), commandId)
