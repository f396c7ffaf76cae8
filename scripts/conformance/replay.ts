import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { isObject, isTagged, normalised } from './answers.ts'
import { createPerformer, type Operation } from './operations.ts'
import {
  eventSchema,
  expanded,
  type Json,
  messageSchema,
  type Place,
  type Script,
  type SingleStep,
  type Step,
  stepSchema,
} from './script.ts'
import { createSymbols, type Symbols } from './symbols.ts'

/** A step that takes longer hangs. */
const STEP_MS = 6_000
const RAW_QUIET_MS = 1_500
const CLOSING_MS = 500
const UNDELETED_MS = 300

export interface Position {
  readonly commit: bigint
  readonly prepare: bigint
}

/** What earlier answers of a run have shown of positions, for steps that refer to them. */
interface KnownPlaces {
  of(place: Place): Position
  learn(step: SingleStep, answer: unknown, operation: Operation): void
}

const createKnownPlaces = (symbols: Symbols): KnownPlaces => {
  const ofEvents = new Map<string, Position>()
  const ofSteps = new Map<string, Position>()
  const positionIn = (value: unknown): Position | undefined =>
    isTagged(value) && value.tag === 'place' ? value : undefined

  const learnFrom = (value: unknown): void => {
    if (isTagged(value)) return
    if (Array.isArray(value)) value.forEach(learnFrom)
    if (!isObject(value)) return
    const { id, position } = value
    const at = positionIn(position)
    if (isTagged(id) && id.tag === 'id' && typeof id.id === 'string' && at !== undefined) {
      const symbol = symbols.symbolOf(id.id)
      if (symbol !== undefined) ofEvents.set(symbol, at)
    }
    Object.values(value).forEach(learnFrom)
  }
  return {
    of: (place) => {
      if (typeof place === 'string') throw new Error(`${place} is no position`)
      const known =
        'positionOf' in place
          ? ofEvents.get(place.positionOf)
          : 'positionOfStep' in place
            ? ofSteps.get(place.positionOfStep)
            : { commit: BigInt(place.commit), prepare: BigInt(place.prepare ?? place.commit) }
      if (known === undefined) throw new Error(`no answer has shown ${JSON.stringify(place)}`)
      const plus = BigInt(place.plus ?? 0)
      return { commit: known.commit + plus, prepare: known.prepare + plus }
    },
    learn: (step, answer, operation) => {
      learnFrom(answer)
      const at = isObject(answer) ? positionIn(answer['position']) : undefined
      if (at === undefined) return
      if (step.as !== undefined) ofSteps.set(step.as, at)
      const lastId = operation.op === 'append' ? operation.events.at(-1)?.id : undefined
      const symbol = lastId === undefined ? undefined : symbols.symbolOf(lastId)
      if (symbol !== undefined && !ofEvents.has(symbol)) ofEvents.set(symbol, at)
    },
  }
}

const positionReference = z.union([z.object({ positionOf: z.string() }), z.object({ positionOfStep: z.string() })])

/** Puts the run's own names into the message of a raw step. */
const resolvedMessage = (value: Json, symbols: Symbols, places: KnownPlaces, key?: string): Json => {
  if (typeof value === 'string') {
    if (key === 'streamIdentifier') return symbols.stream(value)
    if (key === 'id' || key === 'correlationId' || key === 'structured') return symbols.id(value)
    return symbols.text(value)
  }
  if (Array.isArray(value)) {
    return repeatsOut(value).map((item) => resolvedMessage(item, symbols, places, key))
  }
  if (typeof value !== 'object' || value === null) return value
  const reference = positionReference.safeParse(value)
  if (reference.success) {
    const { commit, prepare } = places.of(reference.data)
    return { commitPosition: String(commit), preparePosition: String(prepare) }
  }
  const inner = (name: string): string => (key === 'metadata' ? 'text' : name)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, resolvedMessage(member, symbols, places, inner(name))]),
  )
}
/** Where the answers were recorded, lists of texts went out empty: so do ours, for the answers are to that. */
const repeatsOut = (items: readonly Json[]): readonly Json[] =>
  items.flatMap((item) => {
    if (typeof item === 'string') return []
    return isObject(item) && 'repeat' in item ? expanded([item], messageSchema) : [item]
  })

const resolve = (step: SingleStep, symbols: Symbols, places: KnownPlaces): Operation => {
  switch (step.op) {
    case 'append':
      return {
        ...step,
        stream: symbols.stream(step.stream),
        events: expanded(step.events, eventSchema).map((event) => ({
          ...event,
          ...(event.id !== undefined && { id: symbols.id(event.id) }),
          ...(typeof event.data === 'string' && { data: symbols.text(event.data) }),
          ...(event.binaryText !== undefined && { binaryText: symbols.text(event.binaryText) }),
        })),
      }
    case 'readAll':
      return { ...step, from: readFrom(step.from, places) }
    case 'subscribeAll': {
      const { filter } = step
      const nameOf = (prefix: string): string => (filter?.on === 'stream' ? symbols.stream(prefix) : prefix)
      const { prefixes, regex } = filter ?? {}
      return {
        ...step,
        from: readFrom(step.from, places),
        ...(filter && {
          filter: {
            ...filter,
            ...(prefixes && { prefixes: prefixes.map(nameOf) }),
            ...(regex !== undefined && { regex: symbols.text(regex) }),
          },
        }),
      }
    }
    case 'raw': {
      const messages = step.messages ?? (step.message === undefined ? [] : [step.message])
      return {
        op: 'raw',
        call: {
          rpc: step.rpc,
          messages: expanded(messages, messageSchema).map((message) =>
            messageSchema.parse(resolvedMessage(message, symbols, places)),
          ),
          headers: step.headers ?? {},
          expect: step.expect,
          quietMs: step.quietMs ?? RAW_QUIET_MS,
          end: step.end,
          prefix: symbols.prefix,
        },
      }
    }
    case 'persistentCreate':
    case 'persistentDelete': {
      const stream = step.stream === '$all' ? step.stream : symbols.stream(step.stream)
      return { ...step, stream, group: symbols.prefix + step.group }
    }
    case 'collect':
    case 'unsubscribe':
    case 'wait':
      return step
    default:
      return { ...step, stream: symbols.stream(step.stream) }
  }
}
const readFrom = (place: Place | undefined, places: KnownPlaces) =>
  place === undefined || place === 'start' || place === 'end' ? place : places.of(place)

/** A second client in a process of its own: the client's state is global to a process. */
const startOtherClient = (url: string, prefix: string) => {
  const child = fork(new URL('./replay-process.js', import.meta.url), ['client', url, prefix], {
    serialization: 'advanced',
  })
  const waiting = new Map<number, (answer: unknown) => void>()
  let asked = 0
  child.on('message', (message: { readonly number: number; readonly answer: unknown }) => {
    waiting.get(message.number)?.(message.answer)
    waiting.delete(message.number)
  })
  child.on('exit', () => {
    for (const settle of waiting.values()) settle({ clientFault: 'the process of the client ended' })
  })
  return {
    perform: (operation: Operation): Promise<unknown> =>
      new Promise((settle) => {
        asked += 1
        waiting.set(asked, settle)
        child.send({ number: asked, operation })
      }),
    stop: () => child.kill(),
  }
}

const KEPT_ALWAYS = ['timeout', 'notRun', 'clientFault', 'scriptError', 'info']

const kept = (answer: unknown, keys: readonly string[] | undefined): unknown => {
  if (keys === undefined || !isObject(answer)) return answer
  return Object.fromEntries(Object.entries(answer).filter(([key]) => keys.includes(key) || KEPT_ALWAYS.includes(key)))
}

export interface Replay {
  /** The script's answers in their normal form. */
  run(): Promise<unknown[]>
  /** An exception thrown inside the client, outside every promise, is the answer of the steps that wait. */
  fault(error: unknown): void
}

export const createReplay = (script: Script, serverUrl: string, seed: string): Replay => {
  const { userInfo } = script.connection
  const url = userInfo === undefined ? serverUrl : serverUrl.replace('://', `://${userInfo}@`)
  const symbols = createSymbols(script.streams, seed)
  const places = createKnownPlaces(symbols)
  const performer = createPerformer(url, symbols.prefix)
  const others = new Map<string, ReturnType<typeof startOtherClient>>()
  const faulted = new Set<(answer: unknown) => void>()
  let isBroken = false

  const otherClient = (name: string) => {
    const other = others.get(name) ?? startOtherClient(url, symbols.prefix)
    others.set(name, other)
    return other
  }
  const one = async (step: SingleStep, deadline: number): Promise<unknown> => {
    const limitMs = Math.min(step.timeoutMs ?? STEP_MS, deadline - Date.now())
    if (limitMs <= 0) return { notRun: true }
    const operation = resolve(step, symbols, places)
    const other = step.client === undefined || step.client === 'A' ? undefined : otherClient(step.client)
    const stop = new AbortController()
    let faultOf: (answer: unknown) => void = () => undefined
    const fault = new Promise((settle) => {
      faultOf = settle
      faulted.add(settle)
    })
    const hanging = sleep(limitMs, { timeout: true }, { signal: stop.signal }).catch(() => undefined)
    const answer = await Promise.race([(other ?? performer).perform(operation), fault, hanging])
    stop.abort()
    faulted.delete(faultOf)
    const went = isObject(answer) && ('timeout' in answer || 'clientFault' in answer)
    if (!went) places.learn(step, answer, operation)
    else if (other === undefined) isBroken = true
    return answer
  }
  /** Soft-deleted, and not yet written to again. */
  const deleted = new Set<string>()
  /** Whoever writes to a deleted stream is answered a moment before a real server writes that the stream is there again. */
  const settled = async (step: SingleStep, answer: unknown): Promise<unknown> => {
    if (!('stream' in step) || step.stream === undefined || (isObject(answer) && 'error' in answer)) return answer
    const original = step.stream.replace(/^\$\$/, '')
    if (step.op === 'delete') deleted.add(original)
    if ((step.op === 'append' || step.op === 'setMetadata') && deleted.delete(original)) await sleep(UNDELETED_MS)
    return answer
  }
  const performedStep = async (step: Step, deadline: number): Promise<unknown> => {
    if (step.op !== 'parallel') return settled(step, await one(step, deadline))
    const answers = await Promise.all(expanded(step.steps, stepSchema).map((inner) => one(inner, deadline)))
    return step.report === 'list' ? { list: answers } : { multiset: answers }
  }

  return {
    run: async () => {
      const deadline = Date.now() + script.timeoutMs
      const answers: unknown[] = []
      for (const step of script.steps) {
        answers.push(kept(await performedStep(step, deadline), step.keep))
        if (isBroken) await performer.renew()
        isBroken = false
      }
      await Promise.race([performer.close(), sleep(CLOSING_MS)])
      for (const other of others.values()) other.stop()
      return normalised(answers, symbols)
    },
    fault: (error) => {
      const answer = { clientFault: error instanceof Error ? error.constructor.name : 'Error' }
      for (const settle of faulted) settle(answer)
      faulted.clear()
    },
  }
}
