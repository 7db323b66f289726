/** Where an id can stand in a request, read from the OpenAPI document: a new route is covered by itself. */

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly schema: JsonSchema
}
interface Operation {
  readonly 'x-permission': string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>
  }
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** One place of one route that takes an id; `request` puts a value into it. */
export interface IdPosition {
  readonly route: string
  readonly name: string
  readonly request: (value: string) => Request
}
interface Request {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}
export interface KnownRoute {
  /** `GET /v1/orders/{id}`. */
  readonly name: string
  readonly isPublic: boolean
  readonly parameters: readonly Parameter[]
  readonly positions: readonly IdPosition[]
  /** Without an id where it can do without. */
  readonly plain: Request
}

/** Query parameters and members of bodies that hold words, times and numbers, and never an id. */
const wordsAndTimes = new Set([
  ...['cursor', 'limit', 'ordered_from', 'ordered_to', 'from', 'to'],
  // the marketplace's own names of things, and what its plugin checks
  ...['marketplace', 'external_account_id', 'name', 'details', 'credentials'],
  ...['email', 'password'],
])

/** Throws for a parameter or a member of which nobody has said yet whether it is an id. */
export const readRoutes = (
  document: Document,
  bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly KnownRoute[] =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) =>
      readRoute(`${method.toUpperCase()} ${path}`, operation, bodies)
    )
  )

const readRoute = (
  name: string,
  operation: Operation,
  bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): KnownRoute => {
  const [method = '', path = ''] = name.split(' ')
  const { parameters = [] } = operation
  const schema = operation.requestBody?.content['application/json']?.schema
  const body = bodies[name]
  if (schema && !body) throw new Error(`${name} has a body: give it a valid one`)
  const members = Object.entries(schema?.properties ?? {})
  const ids = [
    ...parameters.filter((one) => isId(name, one.name, one.schema)),
    ...members.filter(([member, one]) => isId(name, member, one))
      .map(([member, one]) => ({ name: member, in: 'body' as const, schema: one })),
  ]
  // places that are not asked about hold an id that nobody has
  const fill = (at: { name: string; in: string } | undefined, value: string): Request => {
    const pathIds = parameters.filter((one) => one.in === 'path')
    const filled = pathIds.reduce((text, one) => {
      const other = one.schema.enum?.[0] ?? nobodysIds[0]
      return text.replace(`{${one.name}}`, String(one.name === at?.name ? value : other))
    }, path)
    const query = at?.in === 'query' ? `?${at.name}=${value}` : ''
    const sent = at?.in === 'body' ? { ...body, [at.name]: value } : body
    return { method, path: filled + query, ...sent ? { body: sent } : {} }
  }
  return {
    name,
    isPublic: operation['x-permission'] === 'public',
    parameters,
    positions: ids.map((at) => ({
      route: name,
      name: `${at.in} ${at.name}`,
      request: (value) => fill(at, value),
    })),
    plain: fill(undefined, ''),
  }
}

const isId = (route: string, name: string, schema: JsonSchema): boolean => {
  if (schema.format === 'uuid') return true
  const isClosed = schema.enum !== undefined || ['integer', 'boolean'].includes(`${schema.type}`)
  if (isClosed || wordsAndTimes.has(name)) return false
  throw new Error(`Is "${name}" of ${route} an id? Say it in its schema, or name it as a word`)
}

/** Of each version that rows here have. */
export const nobodysIds = [
  '4d0a2f6e-7b1c-4e5d-9a3b-2c1d0e9f8a7b',
  '019a0000-0000-7000-8000-000000000001',
  '7e1f2a3b-4c5d-8e6f-9a0b-1c2d3e4f5a6b',
] as const
