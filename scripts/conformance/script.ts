import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JSONType } from '@eventstore/db-client'
import { z } from 'zod'

const json = z.json()
// The types of the client leave out null and numbers, which it sends all the same.
const eventJson = z.custom<JSONType>(() => true)

/** How an event is written in a script; `repeat` stands for that many, with `{i}` counting in its strings. */
const eventSpec = z.strictObject({
  id: z.string().optional(),
  type: z.string(),
  data: eventJson.optional(),
  dataFill: z.number().optional(),
  binary: z.base64().optional(),
  binaryText: z.string().optional(),
  binaryFill: z.number().optional(),
  metadata: eventJson.optional(),
  metadataText: z.string().optional(),
  metadataBytes: z.base64().optional(),
  metadataFill: z.number().optional(),
  repeat: z.number().optional(),
})

const expected = z.union([z.string(), z.number()])
const place = z.union([
  z.string(),
  z.strictObject({ positionOf: z.string(), plus: z.number().optional() }),
  z.strictObject({ positionOfStep: z.string(), plus: z.number().optional() }),
  z.strictObject({ commit: z.string(), prepare: z.string().optional(), plus: z.number().optional() }),
])

const common = {
  as: z.string().optional(),
  client: z.string().optional(),
  keep: z.array(z.string()).optional(),
  timeoutMs: z.number().optional(),
  credentials: z.boolean().optional(),
  requiresLeader: z.boolean().optional(),
  repeat: z.number().optional(),
}
const collecting = { events: z.number().optional(), settleMs: z.number().optional(), quietMs: z.number().optional() }
const reading = {
  direction: z.enum(['forwards', 'backwards']).optional(),
  maxCount: z.number().optional(),
  resolveLinks: z.boolean().optional(),
}

const singleStep = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('append'),
    stream: z.string(),
    events: z.array(eventSpec),
    expected,
    via: z.literal('unary').optional(),
    batchAppendSize: z.number().optional(),
    ...common,
  }),
  z.strictObject({ op: z.literal('read'), stream: z.string(), from: expected.optional(), ...reading, ...common }),
  z.strictObject({ op: z.literal('readAll'), from: place.optional(), ...reading, ...common }),
  z.strictObject({
    op: z.literal('setMetadata'),
    stream: z.string(),
    metadata: z.record(z.string(), json),
    expected: expected.optional(),
    ...common,
  }),
  z.strictObject({ op: z.literal('getMetadata'), stream: z.string(), ...common }),
  z.strictObject({ op: z.literal('delete'), stream: z.string(), expected: expected.optional(), ...common }),
  z.strictObject({ op: z.literal('tombstone'), stream: z.string(), expected: expected.optional(), ...common }),
  z.strictObject({
    op: z.literal('subscribe'),
    stream: z.string(),
    from: expected.optional(),
    resolveLinks: z.boolean().optional(),
    open: z.boolean().optional(),
    ...collecting,
    ...common,
  }),
  z.strictObject({
    op: z.literal('subscribeAll'),
    from: place.optional(),
    resolveLinks: z.boolean().optional(),
    open: z.boolean().optional(),
    filter: z
      .strictObject({
        on: z.enum(['stream', 'type', 'excludeSystem']),
        prefixes: z.array(z.string()).optional(),
        regex: z.string().optional(),
        checkpointInterval: z.number().optional(),
        maxSearchWindow: z.number().optional(),
      })
      .optional(),
    ...collecting,
    ...common,
  }),
  z.strictObject({ op: z.literal('collect'), sub: z.string(), ...collecting, ...common }),
  z.strictObject({ op: z.literal('unsubscribe'), sub: z.string(), ...common }),
  z.strictObject({ op: z.literal('wait'), ms: z.number(), ...common }),
  z.strictObject({ op: z.literal('persistentCreate'), stream: z.string(), group: z.string(), ...common }),
  z.strictObject({ op: z.literal('persistentDelete'), stream: z.string(), group: z.string(), ...common }),
  z.strictObject({
    op: z.literal('raw'),
    rpc: z.string(),
    message: z.record(z.string(), json).optional(),
    messages: z.array(z.record(z.string(), json)).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    expect: z.number().optional(),
    quietMs: z.number().optional(),
    end: z.boolean().optional(),
    ...common,
  }),
])

const step = z.union([
  singleStep,
  z.strictObject({
    op: z.literal('parallel'),
    steps: z.array(singleStep),
    report: z.enum(['list', 'multiset']),
    ...common,
  }),
])

const scriptSchema = z.object({
  name: z.string(),
  theme: z.string(),
  purpose: z.string(),
  streams: z
    .record(
      z.string(),
      z.strictObject({ length: z.number().optional(), suffix: z.string().optional(), literal: z.string().optional() }),
    )
    .default({}),
  connection: z.strictObject({ userInfo: z.string().optional() }).default({}),
  timeoutMs: z.number().default(20_000),
  steps: z.array(step),
  answers: z.array(json),
  /** Also seen on the same server, by step: where operations race. */
  alternatives: z.record(z.string(), json).default({}),
  /** What a server of a later line answered, by step. */
  later: z.object({ answers: z.record(z.string(), json) }).optional(),
})

export type Json = z.infer<typeof json>
export type EventSpec = z.infer<typeof eventSpec>
export type Place = z.infer<typeof place>
export type SingleStep = z.infer<typeof singleStep>
export type Step = z.infer<typeof step>
export type Script = z.infer<typeof scriptSchema>

/** @param wanted names, with `*` for any run of characters, comma separated */
export const matches = (name: string, wanted: string): boolean =>
  wanted
    .split(',')
    .map((glob) =>
      glob
        .trim()
        .replaceAll(/[^\w*-]/g, '\\$&')
        .replaceAll('*', '.*'),
    )
    .some((pattern) => new RegExp(`^${pattern}$`).test(name))

export const loadScripts = (folder: string): readonly Script[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => scriptSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))))

const counted = (value: unknown, count: number): unknown => {
  if (value === '{i}') return count
  if (typeof value === 'string') return value.replaceAll('{i}', String(count))
  if (Array.isArray(value)) return value.map((item) => counted(item, count))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, counted(member, count)]))
}

/** Elements with `repeat: n` become n elements. */
export const expanded = <Schema extends z.ZodType>(
  items: readonly { readonly repeat?: number | undefined }[],
  schema: Schema,
): z.infer<Schema>[] =>
  items.flatMap(({ repeat, ...item }) =>
    repeat === undefined
      ? [schema.parse(item)]
      : Array.from({ length: repeat }, (_, count) => schema.parse(counted(item, count))),
  )

export const eventSchema = eventSpec
export const stepSchema = singleStep
export const messageSchema = z.record(z.string(), json)
