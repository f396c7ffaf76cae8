import type { z } from 'zod'
import type { Message } from './message.ts'

/** Turns the data of one version into the data of the next. */
export type Upcast = (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

export interface EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly type: Type
  /** The version that is written today; older ones are lifted to it on the way in. */
  readonly version: number
  readonly data: Schema
  readonly upcast: Readonly<Record<number, Upcast>>
  /** Builds the event; the data is checked once more by the codec before it goes to disk. */
  readonly of: (data: z.infer<Schema>) => Message<Type, z.infer<Schema>>
}

/** The message that a definition describes. */
export type EventOf<Definition> =
  Definition extends EventDefinition<infer Type, infer Schema> ? Message<Type, z.infer<Schema>> : never

/**
 * Stored for ever: `type` never changes, and any change of shape is a new version with an upcaster from the one before.
 * @throws Error at load when a version between 1 and today's has no upcaster.
 */
export const defineEvent = <const Type extends string, Schema extends z.ZodType>(definition: {
  readonly type: Type
  readonly version: number
  readonly data: Schema
  readonly upcast?: Readonly<Record<number, Upcast>>
}): EventDefinition<Type, Schema> => {
  const upcast = definition.upcast ?? {}
  for (let version = 1; version < definition.version; version += 1) {
    if (upcast[version] === undefined) throw new Error(`${definition.type} has no upcaster from version ${version}`)
  }
  return { ...definition, upcast, of: (data) => ({ type: definition.type, data }) }
}
