import { v5 } from 'uuid'

/** Fixed for ever: another namespace would give every retried command new ids, and book it twice. */
const COMMANDS_NAMESPACE = '0a6d4b1c-4f0e-5c1d-9e55-7f3c2a9b8e10'

/** The same company, command and key give the same id, in every process and every year. */
export const commandIdOf = (companyId: string, command: string, idempotencyKey: string): string =>
  // Neither a company id nor a command's name can hold the separator, so no two triples give one text.
  v5(`${companyId}|${command}|${idempotencyKey}`, COMMANDS_NAMESPACE)

/** @param index place of the event among those of its command, from 0 */
export const eventIdOf = (commandId: string, index: number): string => v5(String(index), commandId)
