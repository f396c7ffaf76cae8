import type { AccountCommand, AccountEvent } from '@registru/domain'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import { BatchSpansStreams, GroupRefused } from '../ledger/errors.ts'
import type { ContextualCommand } from '../ledger/task.ts'
import type { CommandAnswer, CommandDependencies } from './command-definition.ts'

interface Joined {
  readonly stream: string
  readonly contextual: ContextualCommand<AccountCommand>
  readonly succeed: (handled: Handled<AccountEvent>) => void
  readonly fail: (error: unknown) => void
}

/** @throws GroupRefused */
const refuse = (index: number, cause: unknown): never => {
  throw new GroupRefused(index, cause)
}

export type ExecuteItem = (dependencies: CommandDependencies) => Promise<CommandAnswer>

/**
 * Carries out commands of one account by one append or not at all. Each item runs as it always does, only that its
 * command waits at the account until all have come there; what would touch another stream is refused, since no append
 * spans two. @throws GroupRefused with the place of the first item that may not happen
 */
export const carryOutAtomically = async (
  items: readonly ExecuteItem[],
  dependencies: CommandDependencies,
): Promise<readonly CommandAnswer[]> => {
  const { accounts } = dependencies.ledger
  const joined = new Map<number, Joined>()

  const write = async (): Promise<void> => {
    const members = items.flatMap((_, index) => joined.get(index) ?? [])
    const stream = members[0]?.stream ?? ''
    const stray = members.findIndex((member) => member.stream !== stream)
    try {
      if (stray >= 0) throw new GroupRefused(stray, new BatchSpansStreams('an atomic batch is about one account'))
      const handled = await accounts.handleAll(
        stream,
        members.map(({ contextual }) => contextual),
      )
      for (const [index, { succeed, fail }] of members.entries()) {
        const own = handled[index]
        if (own === undefined) fail(new Error('a member of the group has no answer'))
        else succeed(own)
      }
    } catch (error) {
      for (const { fail } of members) fail(error)
    }
  }

  const join = (index: number, stream: string, command: AccountCommand, context: CommandContext) =>
    new Promise<Handled<AccountEvent>>((succeed, fail) => {
      joined.set(index, { stream, contextual: { command, context }, succeed, fail })
      if (joined.size === items.length) void write()
    })

  const dependenciesOf = (index: number): CommandDependencies => {
    const elsewhere = () => {
      throw new GroupRefused(index, new BatchSpansStreams('an atomic batch writes to one account alone'))
    }
    const { ledger } = dependencies
    return {
      ledger: {
        accounts: {
          ...accounts,
          handle: (stream, command, context) => join(index, stream, command, context),
          handleAll: elsewhere,
        },
        books: { ...ledger.books, handle: elsewhere, handleAll: elsewhere },
        companies: { ...ledger.companies, handle: elsewhere, handleAll: elsewhere },
        unidentified: { ...ledger.unidentified, handle: elsewhere, handleAll: elsewhere },
        exchangeRates: { ...ledger.exchangeRates, handle: elsewhere, handleAll: elsewhere },
        rules: ledger.rules,
        ratesInForce: ledger.ratesInForce,
        keys: { admit: (...asked) => ledger.keys.admit(...asked).catch((error: unknown) => refuse(index, error)) },
        elsewhere: ledger.elsewhere,
        highestNumbers: ledger.highestNumbers,
        stop: ledger.stop,
      },
      receipts: { requireBook: elsewhere, enter: elsewhere, preview: elsewhere, release: elsewhere },
      transfers: { requireReceiver: elsewhere, move: elsewhere },
      reversals: {
        isElsewhere: async (...asked) => ((await dependencies.reversals.isElsewhere(...asked)) ? elsewhere() : false),
        requireDay: elsewhere,
        carryOut: elsewhere,
      },
      // Said in the append: the process of steps moves on what is left.
      merges: {
        ...dependencies.merges,
        requireReceiver: elsewhere,
        moveOn: () => Promise.resolve({ code: undefined, position: undefined }),
      },
      identifications: {
        identificationOf: elsewhere,
        requireReceiver: elsewhere,
        preview: elsewhere,
        receive: elsewhere,
        takeBack: elsewhere,
      },
    }
  }

  return Promise.all(items.map((execute, index) => execute(dependenciesOf(index))))
}
