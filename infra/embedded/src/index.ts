export {
  erasePostgres,
  freePort,
  type PostgresExit,
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from './postgres/server.ts'
