export { ConfigurationError, configured, listenAddress, readConfig, variables } from './config.ts'
export { findProcess, type RunningProcess } from './find-process.ts'
export { type LogFile, openLogFile } from './log-file.ts'
export { createLogger, type Logger, type LoggerOptions } from './logger.ts'
export { Counter, createMetrics, Gauge, Histogram, type Registry } from './metrics.ts'
export {
  type Client,
  createDatabase,
  createPool,
  isRetryable,
  isTimedOut,
  type Pool,
  type PoolClient,
  type PostgresOptions,
} from './postgres.ts'
export { copyBinary, copyBinaryOut, copyText } from './postgres-copy.ts'
export { Ready, reportReady } from './ready.ts'
export { onShutdown } from './shutdown.ts'
