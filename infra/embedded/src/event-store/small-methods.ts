import { randomUUID } from 'node:crypto'
import { frameOf } from './grpc-frame.ts'
import type { Method } from './grpc-server.ts'
import { okStatus } from './grpc-status.ts'
import { message, messageField, textField, varintField } from './protobuf.ts'
import { structuredUuid } from './uuid.ts'

/** The release whose recorded answers this server gives. */
const SPOKEN_VERSION = '23.10.6'

const METHODS: readonly (readonly [service: string, method: string, features: readonly string[]])[] = [
  ['event_store.client.streams.streams', 'append', []],
  ['event_store.client.streams.streams', 'batchappend', ['deadline_duration']],
  ['event_store.client.streams.streams', 'delete', []],
  ['event_store.client.streams.streams', 'read', ['position', 'events']],
  ['event_store.client.streams.streams', 'tombstone', []],
  ['event_store.client.gossip.gossip', 'read', []],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
]

/** `SupportedMethods { methods = 1 { method_name = 1, service_name = 2, features = 3 }, event_store_server_version = 2 }` */
const supportedMethods = frameOf(
  message(
    ...METHODS.map(([service, method, features]) =>
      messageField(1, textField(1, method), textField(2, service), ...features.map((name) => textField(3, name))),
    ),
    textField(2, SPOKEN_VERSION),
  ),
)

/** A method that has one answer, whatever it is asked. */
const answering =
  (answer: () => Buffer): Method =>
  (call) => ({
    message: () => undefined,
    halfClosed: () => {
      call.send(answer())
      call.end(okStatus)
    },
    closed: () => undefined,
  })

/** `ServerFeatures/GetSupportedMethods` */
export const featuresMethod: Method = answering(() => supportedMethods)

const LEADER = 8

/**
 * `Gossip/Read`: this node and no other, as the leader.
 * `ClusterInfo { members = 1 { instance_id = 1, time_stamp = 2, state = 3, is_alive = 4, http_end_point = 5 } }`
 */
export const gossipMethod = (endpoint: () => { readonly host: string; readonly port: number }): Method => {
  const instance = structuredUuid(randomUUID())
  return answering(() => {
    const { host, port } = endpoint()
    return frameOf(
      messageField(
        1,
        messageField(1, instance),
        varintField(2, BigInt(Date.now()) * 10_000n),
        varintField(3, LEADER),
        varintField(4, 1),
        messageField(5, textField(1, host), varintField(2, port)),
      ),
    )
  })
}
