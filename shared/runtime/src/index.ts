export { createPool, type Client, type Pool, type PoolClient, type PostgresOptions } from './postgres.ts'
