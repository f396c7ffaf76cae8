export { APPEND_BYTES_MAX } from './append-encoding.ts'
export { type Backlog, type BacklogOptions, countBacklog } from './backlog.ts'
export { commandIdOf, type EventContent, eventIdOf, formerEventIdOf } from './command-ids.ts'
export {
  AppendRefused,
  PositionRefused,
  ReadRefused,
  StoreDiverged,
  StoreMisconfigured,
  StoreUnavailable,
  StreamDeleted,
} from './errors.ts'
export type {
  AppendHealth,
  AppendOutcome,
  EventArchive,
  EventStore,
  EventToAppend,
  ExpectedRevision,
  ReadOptions,
  RecordedEvent,
  StoredEvent,
  SubscribeOptions,
  SubscriptionFilter,
  SubscriptionItem,
  Witness,
} from './event-store.ts'
export { type ConnectOptions, connectEventStore } from './eventstoredb.ts'
export { atFirstInstants, createFirstInstant } from './first-instants.ts'
export { findLastPosition } from './last-position.ts'
export type { Logger } from './logger.ts'
export {
  beginImport,
  completeImport,
  findImport,
  findPresentPosition,
  importAnnounced,
  isImporting,
  type LedgerImport,
  ORIGIN_STREAM,
  type OriginPlace,
  originPlaces,
} from './origin.ts'
export { formerRequestHashOf, requestHashOf } from './request-hash.ts'
export {
  checkWitness,
  findDivergence,
  IDENTITY_STREAM,
  type ReaderCheckpoint,
  type StoreCheckpoint,
  type WitnessReader,
} from './witness.ts'
