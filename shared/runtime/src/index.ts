export { type LogFile, openLogFile } from './log-file.ts'
export { type Client, createPool, type Pool, type PoolClient, type PostgresOptions } from './postgres.ts'
