export { setEventClock } from './event-store/development-clock.ts'
export { createHostility, type HostileMode, type Hostility } from './event-store/hostile.ts'
export { importStoredEvents, keepsImportedEvents, type StoredEvent } from './event-store/import-method.ts'
export {
  type EventStore,
  type EventStoreOptions,
  serveStorage,
  startEventStore,
} from './event-store/start-event-store.ts'
export { createMemoryStorage } from './event-store/storage-memory.ts'
export { NoServerAccount } from './postgres/account.ts'
export {
  erasePostgres,
  freePort,
  type PostgresExit,
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from './postgres/server.ts'
