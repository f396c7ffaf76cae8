import type { FastifyInstance } from 'fastify'
import type { ReadSide } from './read-side.ts'

export interface QueryDependencies {
  readonly readSide: ReadSide
  readonly today: () => string
}

export const queryRoutes = (_app: FastifyInstance, _dependencies: QueryDependencies): void => {}
