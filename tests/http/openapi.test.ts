/** The document against the routes, a validator, and its own schemas. */
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv2020 from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { errorTable } from '../../core/errors.ts'
import type { Route } from '../../core/http/route.ts'
import { makeWorld } from './fakes.ts'

interface Media {
  readonly schema: object
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, unknown>>
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security: readonly object[]
  readonly 'x-permission'?: string
  readonly 'x-idempotency'?: string
  readonly 'x-rate-limits'?: readonly string[]
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[]
  readonly requestBody?: { content: Record<string, Media>; required: boolean }
  readonly responses: Readonly<Record<string, { content?: Record<string, Media> }>>
}
interface Document {
  readonly openapi: string
  readonly servers: readonly { url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly examples: Record<string, { value: { status: number } }>
    readonly schemas: Record<string, object>
  }
}

let text = ''
let document: Document
let routes: readonly Route[]
const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  )

beforeAll(async () => {
  const world = await makeWorld()
  const response = await world.ask('/openapi.json')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('application/json')
  text = await response.text()
  document = JSON.parse(text)
  routes = world.app.routes
})

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0')
    const result = await new Validator().validate(JSON.parse(text))
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
  })

  it('holds every route that is served, and nothing else, each with its permission', () => {
    expect(routes.length).toBeGreaterThan(15)
    const named = operations().map(({ path, method, operation }) =>
      `${method} ${path} ${operation['x-permission']}`
    )
    const served = routes.map(({ path, method, permission }) => `${method} ${path} ${permission}`)
    expect(named.toSorted()).toEqual(served.toSorted())
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('asks for a session everywhere but on public routes', () => {
    for (const { path, operation } of operations()) {
      const isPublic = operation['x-permission'] === 'public'
      const own = operation['x-permission']?.startsWith('staff:') ? { staff: [] } : { cookie: [] }
      expect(operation.security, path).toEqual(isPublic ? [] : [own, { bearer: [] }])
    }
  })

  it('lists for every operation the problems that it can end in, with an example of each', () => {
    for (const { path, method, operation } of operations()) {
      const name = `${method} ${path}`
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        const media = response.content?.['application/problem+json']
        expect(media?.schema, name).toEqual({ $ref: '#/components/schemas/Problem' })
        for (const code of Object.keys(media?.examples ?? {})) {
          expect(document.components.examples[code]?.value.status, name).toBe(Number(status))
        }
      }
      const codes = Object.values(operation.responses).flatMap(({ content }) =>
        Object.keys(content?.['application/problem+json']?.examples ?? {})
      )
      const expected = ['internal', 'database-unavailable']
      if (operation['x-permission'] !== 'public') {
        expected.push('not-signed-in', 'session-over', 'forbidden')
      }
      if (operation.requestBody) expected.push('payload-too-large', 'unsupported-media-type')
      if (method !== 'get') expected.push('cross-site')
      if (path.includes('{')) expected.push('not-found')
      expect(codes, name).toEqual(expect.arrayContaining(expected))
    }
    expect(Object.keys(document.components.examples).toSorted())
      .toEqual(Object.keys(errorTable).toSorted())
  })

  it('tells which requests must carry an Idempotency-Key, and which limits they count for', () => {
    const codesOf = (operation: Operation) =>
      Object.values(operation.responses).flatMap(({ content }) =>
        Object.keys(content?.['application/problem+json']?.examples ?? {})
      )
    const keyed: string[] = []
    for (const { path, method, operation } of operations()) {
      const name = `${method} ${path}`
      const { 'x-permission': permission = '', 'x-rate-limits': limits = [] } = operation
      const header = (operation.parameters ?? []).find((one) => one.in === 'header')
      const isKeyed = operation['x-idempotency'] === 'required'
      expect(header?.name, name).toBe(isKeyed ? 'idempotency-key' : undefined)
      if (isKeyed) {
        keyed.push(name)
        expect(header?.required, name).toBe(true)
        expect(codesOf(operation), name).toEqual(expect.arrayContaining([
          'idempotency-key-missing',
          'idempotency-in-flight',
          'idempotency-key-reused',
        ]))
      }
      if (permission !== 'public') {
        expect(limits, name).toEqual(method === 'get' ? ['burst'] : ['burst', 'write'])
      } else if (path.startsWith('/webhooks/')) expect(limits, name).toEqual(['gateway'])
      else expect(limits, name).toEqual(path.startsWith('/v1/') ? ['address'] : [])
      expect(codesOf(operation).includes('quota-exceeded'), name).toBe(limits.length > 0)
    }
    expect(keyed).toEqual(expect.arrayContaining([
      'post /v1/marketplace-accounts',
      'post /v1/marketplace-accounts/{id}/sync',
    ]))
  })

  it('has examples that fit their schemas', () => {
    const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateFormats: false })
    let examined = 0
    const check = (name: string, schema: object, example: unknown) => {
      const validate = ajv.compile({ ...schema, components: document.components })
      expect(validate(example), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true)
      examined++
    }
    for (const { path, method, operation } of operations()) {
      const bodies = [operation.requestBody, ...Object.values(operation.responses)]
      for (const media of bodies.flatMap((body) => Object.values(body?.content ?? {}))) {
        if (media.example !== undefined) check(`${method} ${path}`, media.schema, media.example)
      }
      const isJson = operation.responses['200']?.content?.['application/json'] !== undefined
      if (isJson && path !== '/openapi.json') {
        expect(operation.responses['200']?.content?.['application/json']?.example, path)
          .toBeDefined()
      }
    }
    for (const [code, { value }] of Object.entries(document.components.examples)) {
      check(code, { $ref: '#/components/schemas/Problem' }, value)
    }
    expect(examined).toBeGreaterThan(30)
  })

  it('describes times, lists and parameters as they travel', () => {
    const summary = document.components.schemas.OrderSummary as {
      properties: Record<string, object>
      required: string[]
    }
    expect(summary.properties.ordered_at).toMatchObject({ type: 'string', format: 'date-time' })
    expect(summary.properties.total_paise).toMatchObject({ type: ['integer', 'null'] })
    expect(summary.required).not.toContain('customer')
    const parameters = document.paths['/v1/orders']?.get?.parameters ?? []
    expect(parameters.map(({ name }) => name).toSorted()).toEqual(
      ['account', 'cursor', 'include', 'limit', 'ordered_from', 'ordered_to', 'status'],
    )
    expect(parameters.find(({ name }) => name === 'limit')).toMatchObject({
      in: 'query',
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    })
    expect(parameters.every(({ required }) => !required)).toBe(true)
    expect(document.paths['/v1/orders/{id}']?.get?.parameters).toMatchObject([
      { name: 'id', in: 'path', required: true, schema: { format: 'uuid' } },
    ])
    const sync = document.paths['/v1/marketplace-accounts/{id}/sync']?.post
    expect(sync?.requestBody?.required ?? false).toBe(false)
    expect(Object.keys(sync?.responses ?? {})).toContain('202')
  })

  it('names no machine: its only server is its own origin', () => {
    expect(document.servers).toEqual([{ url: '/' }])
    expect(text).not.toMatch(/https?:\/\//)
  })
})
