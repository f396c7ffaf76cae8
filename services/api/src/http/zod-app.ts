import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { z } from 'zod'
import { MalformedRequest, parse } from './malformed-request.ts'

/** Types what a route takes from its schemas. What it gives is documented by them and goes out as plain JSON. */
interface ZodInput extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
  serializer: unknown
}

export type ZodApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodInput
>

/** From here on, the scope's routes are checked by zod: every violation is named at once. */
export const checkWithZod = (scope: FastifyInstance): ZodApp => {
  scope.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (input: unknown) => {
    try {
      return { value: parse(schema, input, httpPart) }
    } catch (error) {
      if (error instanceof MalformedRequest) return { error }
      throw error
    }
  })
  scope.setSerializerCompiler(() => JSON.stringify)
  return scope.withTypeProvider<ZodInput>()
}
