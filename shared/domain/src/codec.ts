import type { EventDefinition, EventOf } from './event-definition.ts'
import type { Message } from './message.ts'

/** A stored event that cannot be read: an unknown type, a newer version, or a shape that breaks its schema. */
export class UnreadableEvent extends Error {
  readonly type: string
  readonly version: number

  constructor(type: string, version: number, reason: string, options?: ErrorOptions) {
    super(`${type} version ${version}: ${reason}`, options)
    this.name = 'UnreadableEvent'
    this.type = type
    this.version = version
  }
}

/** One codec serves aggregate reads and subscriptions; it parses before the disk and after it. */
export interface Codec<Event extends Message> {
  /** @throws UnreadableEvent when the event breaks its own schema: nothing malformed is ever stored. */
  readonly encode: (event: Event) => { readonly event: Event; readonly schemaVersion: number }
  /** Lifts an old version to today's. @throws UnreadableEvent */
  readonly decode: (type: string, schemaVersion: number, data: unknown) => Event
  readonly types: readonly Event['type'][]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const createCodec = <const Definitions extends readonly EventDefinition[]>(
  definitions: Definitions,
): Codec<EventOf<Definitions[number]>> => {
  type Event = EventOf<Definitions[number]>
  const byType = new Map<string, EventDefinition>(definitions.map((definition) => [definition.type, definition]))

  const parse = (definition: EventDefinition, version: number, data: unknown): Event => {
    const result = definition.data.safeParse(data)
    // The issues' texts hold rules and paths, never values: a report of a poison event must not show payload.
    if (!result.success) {
      const reasons = result.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.code}`)
      throw new UnreadableEvent(definition.type, version, reasons.join(', '))
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the definition of this type has just checked the data
    return { type: definition.type, data: result.data } as Event
  }

  const definitionOf = (type: string, version: number): EventDefinition => {
    const definition = byType.get(type)
    if (definition === undefined) throw new UnreadableEvent(type, version, 'unknown type')
    if (version > definition.version) throw new UnreadableEvent(type, version, `newer than ${definition.version}`)
    return definition
  }

  return {
    types: definitions.map((definition) => definition.type as Event['type']),
    encode: (event) => {
      const definition = definitionOf(event.type, 0)
      return { event: parse(definition, definition.version, event.data), schemaVersion: definition.version }
    },
    decode: (type, schemaVersion, data) => {
      const definition = definitionOf(type, schemaVersion)
      if (!isObject(data)) throw new UnreadableEvent(type, schemaVersion, 'no JSON object')
      let current = data
      for (let version = schemaVersion; version < definition.version; version += 1) {
        const upcast = definition.upcast[version]
        if (upcast === undefined) throw new UnreadableEvent(type, schemaVersion, 'no such version')
        current = upcast(current)
      }
      return parse(definition, schemaVersion, current)
    },
  }
}
