/** The OpenAPI 3.1 document, made from the same routes and schemas that serve. */
import { createRoute, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import { type ErrorCode, errorTable, fault } from '../errors.ts'
import { cookieName, staffCookieName } from './cookie.ts'
import type { Env } from './exchange.ts'
import { problemBody, problemType } from './problem.ts'
import { isLimited, isStaffRoute, type JsonSchema, problemsOf, type Route } from './route.ts'
import { exampleIds } from './schemas.ts'

type Registry = OpenAPIHono<Env>['openAPIRegistry']
type Responses = RouteConfig['responses']

/** JSON text of the document. Throws when a schema cannot be described. */
export const describeRoutes = (
  app: OpenAPIHono<Env>,
  routes: readonly Route[],
  version: string,
): string => {
  registerShared(app.openAPIRegistry)
  for (const route of routes) app.openAPIRegistry.registerPath(operationOf(route))
  return JSON.stringify(app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Robnu API',
      version,
      license: { name: 'MIT' },
      description:
        'Times are UTC; days and cut-offs are those of Asia/Kolkata. Money is in paise. Lists ' +
        'answer `{data, page: {next}}`. Every problem is application/problem+json (RFC 9457).',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
  }))
}

const Problem = z.object({
  type: z.string().openapi({ format: 'uri-reference', description: 'Explains the code' }),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string().openapi({ description: 'What to do next' }),
  instance: z.string().openapi({ format: 'uri', description: 'The id of this request' }),
  errors: z.array(z.object({
    pointer: z.string().openapi({
      description: 'JSON pointer into the body, or below /query into the query string',
    }),
    message: z.string(),
  })).optional(),
}).openapi('Problem')

const registerShared = (registry: Registry): void => {
  registry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: cookieName,
    description: 'Set by POST /v1/auth/login',
  })
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The value of the cookie, or an API key (`rk_…`)',
  })
  registry.registerComponent('securitySchemes', 'staff', {
    type: 'apiKey',
    in: 'cookie',
    name: staffCookieName,
    description: 'Set by POST /v1/staff/login; inside a seller with X-Robnu-Impersonation',
  })
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    registry.registerComponent('examples', code, {
      summary: errorTable[code].title,
      value: problemBody(fault(code), exampleIds.run),
    })
  }
}

const operationOf = (route: Route): RouteConfig => {
  const status = route.status ?? (route.answer === undefined ? 204 : 200)
  const { described = {} } = route
  return createRoute({
    method: route.method,
    path: route.path,
    operationId: operationIdOf(route),
    summary: route.summary,
    tags: [route.tag],
    security: securityOf(route),
    'x-permission': route.permission,
    'x-idempotency': route.once === 'required' ? 'required' : 'none',
    'x-rate-limits': limitsOf(route),
    ...parametersOf(described),
    request: {
      ...(route.once === 'required' ? { headers: KeyHeader } : {}),
      ...(described.params === undefined && route.params !== undefined
        ? { params: objectOf(route.params) }
        : {}),
      ...(described.query === undefined && route.query !== undefined
        ? { query: objectOf(route.query) }
        : {}),
      ...(route.upload === undefined ? {} : { body: fileOf(route.upload.types) }),
      ...(route.raw === undefined ? {} : { body: fileOf(['*/*']) }),
      ...(route.body === undefined ? {} : {
        body: {
          required: route.bodyIsOptional !== true,
          content: {
            'application/json': mediaOf(described.body ?? route.body, route.examples?.body),
          },
        },
      }),
    },
    responses: { ...answerOf(route, status), ...problemAnswersOf(route) },
  })
}

const fileOf = (types: readonly string[]) => ({
  required: true,
  content: Object.fromEntries(
    types.map((type) => [type, { schema: { type: 'string' as const, format: 'binary' } }]),
  ),
})

const KeyHeader = z.object({
  'idempotency-key': z.string().min(1).max(255).openapi({
    description: 'Of your making, the same when you send the request again: it acts once',
    example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  }),
})

/** The policies that a request counts for, by the names in the RateLimit header. */
const limitsOf = (route: Route): readonly string[] => {
  if (!isLimited(route)) return []
  if (route.permission === 'public') return [route.countsFor ?? 'address']
  return route.method === 'get' ? ['burst'] : ['burst', 'write']
}

const securityOf = (route: Route): Record<string, string[]>[] =>
  route.permission === 'public'
    ? []
    : [isStaffRoute(route) ? { staff: [] } : { cookie: [] }, { bearer: [] }]

const answerOf = (route: Route, status: number): Responses => {
  const description = status === 202 ? 'Accepted' : status === 201 ? 'Made' : 'Done'
  const headers = Object.fromEntries(
    Object.entries(route.answerHeaders ?? {}).map(([name, text]) =>
      [name, { description: text, schema: { type: 'string' as const } }] as const
    ),
  )
  if (route.produces !== undefined) {
    const schema: JsonSchema = route.produces === 'application/json'
      ? { type: 'object' }
      : { type: 'string' }
    return { [status]: { description, content: { [route.produces]: { schema } } } }
  }
  const schema = route.described?.answer ?? route.answer
  return {
    [status]: {
      description,
      headers,
      ...(schema === undefined
        ? {}
        : { content: { 'application/json': mediaOf(schema, route.examples?.answer) } }),
    },
  }
}

/** One response for each status, with an example for each of its codes. */
const problemAnswersOf = (route: Route): Responses => {
  const byStatus = Map.groupBy(problemsOf(route), (code) => errorTable[code].status)
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, {
    description: codes.map((code) => errorTable[code].title).join('; or: '),
    content: {
      [problemType]: {
        schema: Problem,
        examples: Object.fromEntries(
          codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
        ),
      },
    },
  }]))
}

const mediaOf = (schema: unknown, example: unknown) => ({
  schema: schema as z.ZodType,
  ...(example === undefined ? {} : { example }),
})

/** Schemas of parameters are objects, by the types of `route()`'s callers. */
const objectOf = (schema: unknown): z.ZodObject => schema as z.ZodObject

/** Parameters of plugins, whose schemas come as JSON schema. */
const parametersOf = ({ params, query }: NonNullable<Route['described']>) => {
  const parameters = [
    ...listParameters(params, 'path'),
    ...listParameters(query, 'query'),
  ]
  return parameters.length === 0 ? {} : { parameters }
}

const listParameters = (schema: JsonSchema | undefined, place: 'path' | 'query') =>
  Object.entries((schema?.properties ?? {}) as Record<string, JsonSchema>).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path' || ((schema?.required ?? []) as string[]).includes(name),
    schema: one,
  }))

/** `GET /v1/marketplace-accounts/{id}` → `get-v1-marketplace-accounts-id`. */
const operationIdOf = ({ method, path }: Route): string =>
  [method, ...path.split('/').map((part) => part.replaceAll(/[{}]/g, ''))]
    .filter((part) => part !== '').join('-')
