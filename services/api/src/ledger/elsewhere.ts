import type {
  AccountCommand,
  CompanyId,
  Elsewhere,
  LedgerMessage,
  Message,
  Position,
  UnidentifiedCommand,
} from '@registru/domain'
import type { Handled } from './command-context.ts'
import type { CommandHandler } from './command-handler.ts'

/** What this process has just written. */
export interface Written {
  readonly events: readonly LedgerMessage[]
  readonly position: Position
}

/**
 * What stands in other streams and bears on a command: an account sees its own alone. Whoever knows nothing, or not in time,
 * lets the command pass.
 */
export interface ElsewhereReader {
  /** Answers at once for commands that nothing elsewhere bears on, and never fails. */
  readonly of: (
    command: AccountCommand | UnidentifiedCommand,
    companyId: CompanyId,
  ) => Promise<Elsewhere | undefined> | undefined
  readonly learn: (written: Written, companyId: CompanyId) => void
}

/** Nobody is asked, as where there are no read models. */
export const nothingElsewhere: ElsewhereReader = { of: () => undefined, learn: () => undefined }

/** No two of them answer for one command. */
export const inTurn = (...readers: readonly ElsewhereReader[]): ElsewhereReader => ({
  of: (command, companyId) => {
    for (const reader of readers) {
      const answer = reader.of(command, companyId)
      if (answer !== undefined) return answer
    }
    return undefined
  },
  learn: (written, companyId) => {
    for (const reader of readers) reader.learn(written, companyId)
  },
})

/** Tells of all that is written through the handler, whichever command or process of two streams had it written. */
export const telling = <State, Command extends Message, Event extends LedgerMessage>(
  handler: CommandHandler<State, Command, Event>,
  { learn }: Pick<ElsewhereReader, 'learn'>,
): CommandHandler<State, Command, Event> => {
  const tell = ({ events, position }: Handled<Event>, companyId: CompanyId): void => {
    if (position !== undefined) learn({ events, position }, companyId)
  }
  return {
    ...handler,
    handle: async (stream, command, context) => {
      const handled = await handler.handle(stream, command, context)
      tell(handled, context.companyId)
      return handled
    },
    handleAll: async (stream, commands) => {
      const all = await handler.handleAll(stream, commands)
      for (const [index, { context }] of commands.entries()) {
        const handled = all[index]
        if (handled !== undefined) tell(handled, context.companyId)
      }
      return all
    },
  }
}
