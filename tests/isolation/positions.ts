/** The routes as the OpenAPI document tells them, and where an id can stand in their requests. */
import { firstDraw } from './draw.ts'
import { markOf } from './marks.ts'
import type { Party } from './parties.ts'
import type { Kind, Maker, RouteRow } from './route-row.ts'
import { routeRows } from './route-rows.ts'

export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
}
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
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
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> }
}
export interface Request {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/** One place of one route that takes an id; `request` puts a value into it. */
export interface IdPosition {
  readonly route: string
  /** `path id`, `query account`, `body user_id`, `body accounts/0`. */
  readonly name: string
  /** What it is the id of. */
  readonly kind: Kind
  readonly request: (value: string) => Request
}
export interface KnownRoute {
  /** `GET /v1/orders/{id}`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly permission: string
  readonly row: RouteRow
  /** Of path and query. */
  readonly parameters: readonly Parameter[]
  readonly body: JsonSchema | undefined
  readonly positions: readonly IdPosition[]
  /** Without an id where it can do without; own ones elsewhere. */
  readonly plain: Request
}

/** Query parameters and members of bodies that hold words, times and numbers, and never an id. */
const wordsAndTimes = new Set([
  ...[
    'cursor',
    'limit',
    'ordered_from',
    'ordered_to',
    'initiated_from',
    'initiated_to',
    'from',
    'to',
    'expires_at',
  ],
  // the marketplace's own names of things, and what its plugin checks
  ...['marketplace', 'external_account_id', 'name', 'details', 'credentials'],
  // of people, and of what they prove
  ...['email', 'password', 'current', 'next', 'new_password', 'code', 'recovery_code', 'token'],
  ...['seller_name', 'reason', 'ticket', 'action', 'allowed_ips', 'table', 'purpose'],
  ...['url', 'bucket', 'region', 'bucket_owner'],
  // of schedules and switches: an account's is told apart by its test
  ...['cron', 'key', 'target'],
  // of files: what they are called, and their digest
  ...['file_name', 'sha256'],
  // what is searched for, and whom a buyer is known by
  ...['q', 'kinds', 'phone'],
  // of products, as the seller and the marketplaces name them
  ...['sku', 'product_sku', 'listing_id'],
  // of parcels, as couriers know them
  'awb',
  // what invoices say of who sells
  ...['gstin', 'legal_name', 'trade_name', 'line1', 'line2', 'city', 'postal_code'],
  // whose webhook it is: of it the seller alone sees that a secret was opened to judge a signature
  ...['plugin', 'marketplace_account', 'path'],
  // what a file is called
  'file',
])

/**
 * Throws for a route without a row, for a row without a route, and for a parameter or a member of
 * which nobody has said yet whether it is an id. Bodies and the places that are not asked about are
 * the party's own; `own` gives an id of a kind, and nobody's where the party has none.
 */
export const readRoutes = (
  document: Document,
  { number, shops }: Party,
  own: (kind: Kind) => string | undefined,
): readonly KnownRoute[] => {
  const make: Maker = {
    draw: firstDraw,
    mark: markOf(number),
    serial: 0,
    id: (kind) => own(kind) ?? nobodysIds[0],
    shop: (at) => shops[at],
  }
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) =>
      readRoute(document, `${method.toUpperCase()} ${path}`, operation, make)
    )
  )
  const served = new Set(routes.map(({ name }) => name))
  const gone = Object.keys(routeRows).filter((name) => !served.has(name))
  if (gone.length > 0) throw new Error(`Rows of routes that are not there: ${gone.join(', ')}`)
  return routes
}

const readRoute = (
  document: Document,
  name: string,
  operation: Operation,
  make: Maker,
): KnownRoute => {
  const row = routeRows[name]
  if (!row) throw new Error(`${name} has no row in tests/isolation/route-rows.ts: give it one`)
  const [method = '', path = ''] = name.split(' ')
  const parameters = (operation.parameters ?? []).filter((one) => one.in !== 'header')
    .map((one) => ({ ...one, schema: resolve(document, one.schema) }))
  const described = operation.requestBody?.content['application/json']?.schema
  const schema = described && resolve(document, described)
  if (schema && !row.body) throw new Error(`${name} takes a body: give its row a sound one`)
  const body = row.file?.(make) ?? (schema && row.body?.(make))
  const places = [
    ...parameters.filter((one) => isId(document, name, [one.in, one.name], one.schema))
      .map((one) => ({ in: one.in, pointer: [one.name] })),
    ...(schema ? idsInBody(document, name, schema, []) : [])
      .map((pointer) => ({ in: 'body' as const, pointer })),
  ]
  const forms = row.forms ?? {}
  const kindless = places.map((one) => `${one.in} ${one.pointer.join('/')}`)
    .filter((place) => row.ids?.[place] === undefined)
  if (kindless.length > 0) throw new Error(`${name}: what is ${kindless.join()} the id of?`)
  const wordless = parameters.filter((one) => !canBeAsked(row, one)).map((one) => one.name)
  if (wordless.length > 0) throw new Error(`${name}: nobody says what stands in ${wordless.join()}`)
  const fill = (at: (typeof places)[number] | undefined, id: string): Request => {
    const value = `${at && (forms[`${at.in} ${at.pointer.join('/')}`] ?? '')}${id}`
    const filled = parameters.filter((one) => one.in === 'path').reduce((text, one) => {
      const isAsked = at?.in === 'path' && at.pointer[0] === one.name
      const place = `path ${one.name}`
      const word = row.words?.[place]?.(make) ?? one.schema.enum?.[0]
      const other = word ?? make.id(row.ids?.[place] ?? '')
      return text.replace(`{${one.name}}`, encodeURIComponent(String(isAsked ? value : other)))
    }, path)
    const asked = parameters.filter((one) => one.in === 'query').flatMap(({ name, ...one }) => {
      if (at?.in === 'query' && at.pointer[0] === name) return [[name, value]]
      if (one.required !== true) return []
      const kind = row.ids?.[`query ${name}`]
      return [[name, kind === undefined ? String(one.schema.enum?.[0]) : make.id(kind)]]
    })
    const query = asked.length > 0 ? `?${new URLSearchParams(asked)}` : ''
    const sent = at?.in === 'body' ? withValue(body, at.pointer, value) : body
    return { method, path: filled + query, ...(sent === undefined ? {} : { body: sent }) }
  }
  return {
    ...{ name, method, path, row, parameters, body: schema },
    permission: operation['x-permission'],
    positions: places.map((at) => ({
      route: name,
      name: `${at.in} ${at.pointer.join('/')}`,
      kind: row.ids?.[`${at.in} ${at.pointer.join('/')}`] ?? '',
      request: (value) => fill(at, value),
    })),
    plain: fill(undefined, ''),
  }
}

/** Whether a walk knows what to put there: cursors come from lists, and other places are told. */
const canBeAsked = ({ ids, words }: RouteRow, { in: where, name, schema }: Parameter): boolean => {
  const place = `${where} ${name}`
  return name === 'cursor' || ids?.[place] !== undefined || words?.[place] !== undefined ||
    schema.enum !== undefined || ['integer', 'boolean'].includes(`${schema.type}`)
}

const resolve = (document: Document, schema: JsonSchema): JsonSchema => {
  if (schema.$ref === undefined) return schema
  const found = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? '']
  if (!found) throw new Error(`The document has no ${schema.$ref}`)
  return resolve(document, found)
}

/** The shapes that a value may have. */
export const shapesOf = (document: Document, given: JsonSchema): readonly JsonSchema[] => {
  const schema = resolve(document, given)
  const others = [...schema.anyOf ?? [], ...schema.oneOf ?? [], ...schema.allOf ?? []]
  return [schema, ...others.flatMap((one) => shapesOf(document, one))]
}

const idsInBody = (
  document: Document,
  route: string,
  schema: JsonSchema,
  pointer: readonly string[],
): readonly (readonly string[])[] => {
  const found = shapesOf(document, schema).flatMap((shape) => [
    ...Object.entries(shape.properties ?? {}).flatMap(([name, one]) =>
      idsInMember(document, route, one, [...pointer, name])
    ),
    ...(shape.items ? idsInMember(document, route, shape.items, [...pointer, '0']) : []),
  ])
  return [...new Map(found.map((one) => [one.join('/'), one])).values()]
}

const idsInMember = (
  document: Document,
  route: string,
  schema: JsonSchema,
  pointer: readonly string[],
): readonly (readonly string[])[] => {
  const shapes = shapesOf(document, schema)
  if (shapes.some(({ properties, items }) => properties ?? items)) {
    return idsInBody(document, route, schema, pointer)
  }
  return isId(document, route, ['body', ...pointer], schema) ? [pointer] : []
}

const isId = (
  document: Document,
  route: string,
  [where = '', ...pointer]: readonly string[],
  schema: JsonSchema,
): boolean => {
  if (routeRows[route]?.ids?.[`${where} ${pointer.join('/')}`] !== undefined) return true
  const name = pointer.findLast((part) => part !== '0') ?? ''
  const shapes = shapesOf(document, schema)
  if (shapes.some(({ format }) => format === 'uuid')) return true
  const isClosed = shapes.some((one) =>
    one.enum !== undefined || one.const !== undefined ||
    ['integer', 'number', 'boolean'].includes(`${one.type}`)
  )
  if (isClosed || wordsAndTimes.has(name)) return false
  throw new Error(`Is "${name}" of ${route} an id? Name its kind in the row, or it as a word`)
}

const withValue = (body: unknown, pointer: readonly string[], value: string): unknown => {
  const [first, ...rest] = pointer
  if (first === undefined) return value
  if (Array.isArray(body) || first === '0') {
    return [withValue(Array.isArray(body) ? body[0] : undefined, rest, value)]
  }
  const members = typeof body === 'object' && body !== null ? body as Record<string, unknown> : {}
  return { ...members, [first]: withValue(members[first], rest, value) }
}

/** Of each version that rows here have. */
export const nobodysIds = [
  '4d0a2f6e-7b1c-4e5d-9a3b-2c1d0e9f8a7b',
  '019a0000-0000-7000-8000-000000000001',
  '7e1f2a3b-4c5d-8e6f-9a0b-1c2d3e4f5a6b',
] as const
