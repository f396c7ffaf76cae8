export { type EventStore, type EventStoreOptions, startEventStore } from './event-store/start-event-store.ts'
export {
  erasePostgres,
  freePort,
  type PostgresExit,
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from './postgres/server.ts'
