import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

export interface MethodTable {
  /** The methods of the routes that the path of this URL fits; none where it fits no route. */
  readonly allowedAt: (url: string) => readonly string[]
}

interface Route {
  readonly pattern: RegExp
  readonly methods: readonly string[]
  /** Of the parameters: a path that the route would refuse is not its path. */
  readonly schema: z.ZodType | undefined
}

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/[.+?^$()[\]{}|\\]/g, '\\$&')
      .replace(/:(\w+)/g, '(?<$1>[^/]+)')
      .replaceAll('*', '.*')}$`,
  )

const fits = ({ pattern, schema }: Route, path: string): boolean => {
  const parameters = pattern.exec(path)
  if (parameters === null) return false
  return schema === undefined || schema.safeParse({ ...parameters.groups }).success
}

/** Learns the routes that are added to the app from now on. */
export const createMethodTable = (app: FastifyInstance): MethodTable => {
  const routes: Route[] = []
  app.addHook('onRoute', ({ path, method, schema }) => {
    const parameters = schema?.params
    routes.push({
      pattern: patternOf(path),
      methods: [method].flat(),
      schema: parameters instanceof z.ZodType ? parameters : undefined,
    })
  })
  return {
    allowedAt: (url) => {
      const path = url.split('?', 1)[0] ?? url
      const methods = routes.flatMap((route) => (fits(route, path) ? route.methods : []))
      return [...new Set(methods)].toSorted()
    },
  }
}
