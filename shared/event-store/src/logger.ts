/** The part of a pino logger that the adapter uses. */
export interface Logger {
  debug(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export const silentLogger: Logger = {
  debug: () => undefined,
  warn: () => undefined,
}
