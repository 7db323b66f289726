/** Requests made from the document: sound ones, and ones with something wrong in one place or in all. */
import fc from 'fast-check'
import type { Document, Parameter } from '../../isolation/positions.ts'
import { hostileBody, type JsonSchema, soundValue, type Sources } from './schemas.ts'
import { canary, hostileText } from './words.ts'

export interface Operation {
  /** `POST /v1/marketplace-accounts/{id}/sync`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly permission: string
  readonly parameters: readonly Parameter[]
  readonly body: JsonSchema | undefined
  /** Of a sound body. */
  readonly example: unknown
  /** Statuses that the document tells. */
  readonly statuses: ReadonlySet<number>
}
export interface FuzzRequest {
  readonly operation: Operation
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

interface Described {
  readonly 'x-permission': string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>
    >
  }
  readonly responses: Readonly<Record<string, unknown>>
}

export const operationsOf = (document: Document): readonly Operation[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => {
      const described = found as unknown as Described
      return {
        ...{ method: method.toUpperCase(), path, name: `${method.toUpperCase()} ${path}` },
        permission: described['x-permission'],
        parameters: described.parameters ?? [],
        body: described.requestBody?.content['application/json']?.schema,
        example: described.requestBody?.content['application/json']?.example,
        statuses: new Set(Object.keys(described.responses).map(Number)),
      }
    })
  )

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const wrongTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/json; charset=utf-16',
  'application/json, text/plain',
  'application/problem+json',
  canary,
  undefined,
] as const

/** `isHarsh`: never a request that could be sound, for routes that would end what others need. */
export const requestFor = (
  sources: Sources,
  operation: Operation,
  isHarsh: boolean,
): fc.Arbitrary<FuzzRequest> =>
  fc.record({
    method: fc.oneof(
      { weight: 20, arbitrary: fc.constant(operation.method) },
      { weight: 1, arbitrary: fc.constantFrom(...methods) },
    ),
    path: pathOf(sources, operation, isHarsh),
    query: queryOf(sources, operation),
    headers: headersFor(operation),
    type: fc.oneof(
      { weight: 12, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom(...wrongTypes) },
    ),
    body: bodyOf(sources, operation, isHarsh),
  }).map(({ method, path, query, headers, type, body }) => {
    const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD'
    return {
      operation,
      method,
      path: path + query,
      headers: {
        ...headers,
        ...(hasBody && type !== undefined ? { 'content-type': type } : {}),
      },
      body: hasBody ? body : undefined,
    }
  })

/** Each route by each method, and by each content type that is none of ours. */
export const gridOf = (
  sources: Sources,
  operations: readonly Operation[],
): readonly FuzzRequest[] =>
  operations.flatMap((operation) => {
    const path = operation.path.replaceAll(/\{\w+\}/g, sources.ids[0] ?? canary)
    const headers = { 'idempotency-key': canary }
    const body = JSON.stringify({ [canary]: canary })
    return [
      ...methods.filter((method) => method !== operation.method).map((method) => {
        const json = method === 'GET' || method === 'HEAD'
          ? { headers, body: undefined }
          : { headers: { ...headers, 'content-type': 'application/json' }, body }
        return { operation, method, path, ...json }
      }),
      ...(operation.body === undefined ? [] : wrongTypes).map((type) => ({
        ...{ operation, method: operation.method, path, body },
        headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
      })),
    ]
  })

const pathOf = (
  sources: Sources,
  { name: route, path, parameters }: Operation,
  isHarsh: boolean,
): fc.Arbitrary<string> => {
  const names = parameters.filter((one) => one.in === 'path')
  const values = names.map(({ name, schema }) => {
    const own = sources.own(route, `path ${name}`)
    const sound = soundValue(sources, schema)
    return fc.oneof(
      { weight: isHarsh || own.length === 0 ? 0 : 4, arbitrary: fc.constantFrom(...own, '') },
      { weight: isHarsh ? 0 : 2, arbitrary: sound },
      { weight: isHarsh ? 1 : 0, arbitrary: fc.uuid() },
      { weight: 2, arbitrary: hostileText },
    )
  })
  return fc.tuple(...values).map((chosen) =>
    names.reduce((text, { name }, at) => text.replace(`{${name}}`, () => inPath(chosen[at])), path)
  )
}

/** A lone half of a pair cannot be written into an address. */
const encoded = (value: unknown): string => encodeURIComponent(String(value).toWellFormed())
/** An empty part would be another address. */
const inPath = (value: unknown): string => encoded(value === '' ? canary : value)

const queryOf = (sources: Sources, { parameters }: Operation): fc.Arbitrary<string> => {
  const known = parameters.filter((one) => one.in === 'query').map(({ name, schema }) =>
    fc.option(
      fc.oneof(
        { weight: 4, arbitrary: soundValue(sources, schema) },
        { weight: 1, arbitrary: hostileText },
      ).map((value) => `${name}=${encoded(value)}`),
      { nil: undefined, freq: 2 },
    )
  )
  const stranger = fc.option(
    fc.tuple(
      fc.oneof(hostileText, fc.constantFrom(...parameters.map(({ name }) => name), canary)),
      hostileText,
    )
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`),
    { nil: undefined, freq: 15 },
  )
  return fc.tuple(...known, stranger).map((parts) => {
    const query = parts.filter((part) => part !== undefined).join('&')
    return query === '' ? '' : `?${query}`
  })
}

/** Bytes that a header may hold. */
const headerText = hostileText.map((text) =>
  text.replaceAll(/[^\x20-\x7e]/g, '').trim().slice(0, 4_000)
)
const headersFor = ({ method }: Operation): fc.Arbitrary<Record<string, string>> =>
  fc.record({
    'idempotency-key': fc.oneof(
      { weight: 12, arbitrary: fc.uuid().map((id) => `${canary}${id}`) },
      { weight: 1, arbitrary: headerText },
    ),
    'x-request-id': headerText,
    'accept': fc.oneof(fc.constant('*/*'), headerText),
    'if-none-match': headerText,
    'range': headerText,
    'x-forwarded-for': headerText,
    'x-robnu-impersonation': headerText,
    'authorization': headerText,
    'cookie': headerText,
    'origin': headerText,
    'sec-fetch-site': fc.constantFrom('same-origin', 'none', canary),
    'content-encoding': fc.constantFrom('gzip', canary),
  }, { requiredKeys: [] }).chain((all) =>
    // most requests bring none of the odd ones
    fc.nat({ max: 24 }).map((n) => {
      const names = Object.keys(all).filter((name) => name !== 'idempotency-key')
      const one = names[n]
      return {
        ...(method === 'POST' && all['idempotency-key'] !== undefined
          ? { 'idempotency-key': all['idempotency-key'] }
          : {}),
        ...(one === undefined ? {} : { [one]: String(all[one as keyof typeof all]) }),
      }
    })
  )

const bodyOf = (
  sources: Sources,
  { body, example }: Operation,
  isHarsh: boolean,
): fc.Arbitrary<string | undefined> => {
  if (body === undefined) {
    return fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: hostileText },
    )
  }
  const asJson = (value: unknown) => JSON.stringify(value)
  return fc.oneof(
    { weight: isHarsh ? 0 : 4, arbitrary: soundValue(sources, body).map(asJson) },
    { weight: isHarsh ? 0 : 2, arbitrary: fc.constant(example ?? {}).map(asJson) },
    { weight: 8, arbitrary: hostileBody(sources, body, example).map(asJson) },
    { weight: 1, arbitrary: hostileText },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}
