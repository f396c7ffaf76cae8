import { LEDGER_STREAM_PREFIXES, type Position, positionOf } from '@registru/domain'
import {
  type EventStore,
  findImport,
  findPresentPosition,
  type LedgerImport,
  StoreUnavailable,
} from '@registru/event-store'
import type { KeptGeneration } from './kept-generation.ts'

/** Digits in the log that began it all; `generation.digits` in one that was imported, for there they mean another place. */
export const WIRE_POSITION = /^(?:([1-9][0-9]{0,8})\.)?(0|[1-9][0-9]{0,18})$/
/** What a Postgres bigint holds. */
const POSITION_MAX = 2n ** 63n - 1n
/** Where so many in a row are the store's own it is asked again. */
const OF_ITS_OWN_MAX = 100

export interface WirePosition {
  readonly generation: number
  readonly position: Position
}

/** `undefined`: no position. */
export const readWirePosition = (text: string): WirePosition | undefined => {
  const [, generation = '0', digits] = WIRE_POSITION.exec(text) ?? []
  if (digits === undefined || BigInt(digits) > POSITION_MAX) return undefined
  return { generation: Number(generation), position: positionOf(BigInt(digits)) }
}

/** A position of the present log, as callers see and give it. */
export const wirePosition = (position: Position, generation: number): string =>
  generation === 0 ? `${position}` : `${generation}.${position}`

/** A position or a cursor of a history that this log cannot tell of. */
export class PositionLost extends Error {
  override readonly name = 'PositionLost'
  readonly details: { readonly position?: string; readonly generation: number; readonly presentGeneration: number }

  constructor(details: PositionLost['details']) {
    super('the position is of another generation of the log')
    this.details = details
  }
}

/** The imports that the log has been through, as far as the API has to know. */
export interface Generations {
  /** Of the present log; while the store is away, as it was last kept. @throws StoreUnavailable when it never was */
  readonly present: () => Promise<number>
  /** Where a position that a caller gives lies in the present log. @throws PositionLost, StoreUnavailable */
  readonly locate: (given: WirePosition) => Promise<Position>
}

/** For ledgers that were never imported. */
export const FIRST_GENERATION: Generations = {
  present: () => Promise.resolve(0),
  locate: ({ generation, position }) => {
    if (generation === 0) return Promise.resolve(position)
    throw new PositionLost({ position: wirePosition(position, generation), generation, presentGeneration: 0 })
  },
}

/** Its own events stand even in a store that nothing was written to. */
const holdsEvents = async (store: Pick<EventStore, 'readAll'>): Promise<boolean> => {
  for await (const { stream } of store.readAll({ direction: 'backwards', maxCount: OF_ITS_OWN_MAX })) {
    if (LEDGER_STREAM_PREFIXES.some((prefix) => stream.startsWith(prefix))) return true
  }
  return false
}

/**
 * As the log itself tells. It is asked until it has an origin or a beginning: an empty one may be imported into at any time,
 * but none that holds events.
 */
export const createGenerations = (
  store: Pick<EventStore, 'readStream' | 'readAll'>,
  kept?: KeptGeneration,
): Generations => {
  let known: { readonly imported: LedgerImport | undefined } | undefined

  const look = async (): Promise<LedgerImport | undefined> => {
    if (known !== undefined) return known.imported
    const imported = await findImport(store)
    if (imported !== undefined || (await holdsEvents(store))) {
      known = { imported }
      // A process that cannot keep it now leaves that to the next: only one that starts without the store asks for it.
      kept?.keep(imported?.generation ?? 0).catch(() => undefined)
    }
    return imported
  }
  const present = async (): Promise<number> => {
    try {
      return (await look())?.generation ?? 0
    } catch (error) {
      const generation = error instanceof StoreUnavailable ? await kept?.find() : undefined
      if (generation === undefined) throw error
      return generation
    }
  }

  return {
    present,
    locate: async ({ generation, position }) => {
      if (generation === (await present())) return position
      const imported = await look()
      const presentGeneration = imported?.generation ?? 0
      const isOfOrigin = imported !== undefined && generation === presentGeneration - 1
      if (isOfOrigin && position <= BigInt(imported.head)) {
        return imported.positions === 'kept' ? position : findPresentPosition(store, position)
      }
      throw new PositionLost({ position: wirePosition(position, generation), generation, presentGeneration })
    },
  }
}
