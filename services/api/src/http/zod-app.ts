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

const quickChecks = new WeakMap<z.ZodType, (input: object) => boolean>()

/**
 * For a part of the request that is nearly always right and that zod would copy field by field: what `isValid` accepts is
 * taken as it stands, all else is left to the schema, which names what is wrong. It must accept nothing that the schema
 * would refuse or change.
 */
export const checkedQuickly = <Schema extends z.ZodType>(
  schema: Schema,
  isValid: (input: object) => boolean,
): Schema => {
  quickChecks.set(schema, isValid)
  return schema
}

/** From here on, the scope's routes are checked by zod: every violation is named at once. */
export const checkWithZod = (scope: FastifyInstance): ZodApp => {
  scope.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => {
    const isValid = quickChecks.get(schema)
    return (input: unknown) => {
      if (isValid !== undefined && typeof input === 'object' && input !== null && isValid(input)) return true
      try {
        return { value: parse(schema, input, httpPart) }
      } catch (error) {
        if (error instanceof MalformedRequest) return { error }
        throw error
      }
    }
  })
  scope.setSerializerCompiler(() => JSON.stringify)
  return scope.withTypeProvider<ZodInput>()
}
