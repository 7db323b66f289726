/** Sandbox and adapter against Amazon's own model, where it lies beside the repository. */
import { Ajv, type ValidateFunction } from 'ajv'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { fakeContext, type FakeRequest } from 'robnu/testing'
import { describe, expect, test } from 'vitest'
import { toOrderRow } from '../rows.ts'
import { connect, emptyLedger, pagesFrom, startWorld, store, type World } from './support.ts'

const modelFile = '../shared/data/openapi/amazon/orders_2026-01-01.json'
const found = await readFile(new URL(`../../../${modelFile}`, import.meta.url), 'utf8')
  .catch(() => undefined)
if (found === undefined) {
  process.stdout.write(`Not checked against Amazon's model: there is no "${modelFile}"\n`)
}

// deno-lint-ignore no-explicit-any -- a Swagger document, walked by name
type Any = any
const model: Any = JSON.parse(found ?? '{}')

describe.skipIf(found === undefined)("Amazon's model of the Orders API", () => {
  test('every answer of the sandbox is as the model says, and has no member beyond it', async () => {
    const world = await startWorld()
    const checked = checkedWorld(world)
    const account = await connect(world)
    const ledger = emptyLedger()
    for await (const page of pagesFrom(account, null, checked.ctx)) store(ledger, page)
    expect(ledger.orders.size).toBe(2000)

    const token = account.credentials.access_token ?? ''
    const after = '2022-06-20T00:00:00Z'
    const all: string[] = parametersOf('/orders/2026-01-01/orders')
      .find(({ name }) => name === 'includedData').items.enum
    const includedData = all.join(',')
    const id = [...ledger.orders.keys()][0] ?? ''
    await checked.ask('', { lastUpdatedAfter: after, includedData }, token)
    await checked.ask('', { createdAfter: after, includedData, fulfilledBy: 'MERCHANT' }, token)
    await checked.ask(`/${id}`, { includedData }, token)
    await checked.ask('/171-0000000-0000000', {}, token)
    await checked.ask('', {}, token)
    await checked.ask('', { lastUpdatedAfter: after }, 'invented')
    for (const kind of ['429', '500', '503']) {
      await world.control('failNext', { operation: 'searchOrders', kind })
      await checked.ask('', { lastUpdatedAfter: after }, token)
    }
    expect([...checked.statuses].sort()).toEqual([200, 400, 403, 404, 429, 500, 503])
    expect(checked.orders()).toBeGreaterThan(2000)
  })

  test('every request of the adapter uses the parameters that the model knows', async () => {
    const world = await startWorld()
    const account = await connect(world)
    for await (const _ of pagesFrom(account, null, world.ctx)) { /* only the requests count */ }
    const requests = world.ctx.requests.filter(({ operation }) => operation === 'searchOrders')
    expect(requests.length).toBeGreaterThan(20)
    for (const request of requests) checkRequest(request)
    const tokens = requests.map(({ url }) => url.searchParams.has('paginationToken'))
    expect(new Set(tokens)).toEqual(new Set([true, false]))
  })

  test("Amazon's own sample answers become rows", async () => {
    const world = await startWorld()
    const account = await connect(world)
    const operation = model.paths['/orders/2026-01-01/orders'].get
    const samples = operation.responses[200]['x-amzn-api-sandbox'].static
    expect(samples.length).toBeGreaterThan(1)
    for (const { response } of samples) {
      const ledger = emptyLedger()
      const respond = ({ url }: FakeRequest) => ({
        body: url.searchParams.has('paginationToken') ? { orders: [] } : response,
      })
      const ctx = fakeContext({ respond, now: world.ctx.now })
      for await (const page of pagesFrom(account, null, ctx)) store(ledger, page)
      expect(ledger.rejected).toEqual([])
      expect(ledger.orders.size).toBe(response.orders.length)
    }
    const one = model.paths['/orders/2026-01-01/orders/{orderId}'].get
    const singles = one.responses[200]['x-amzn-api-sandbox'].static
    for (const { response } of singles) expect(toOrderRow(response.order)).toHaveProperty('row')
    for (const { orders } of Object.values<Any>(operation.responses[200].examples)) {
      for (const order of orders) expect(toOrderRow(order)).toHaveProperty('row')
    }
  })
})

const parametersOf = (path: string): Any[] => model.paths[path].get.parameters

/** The schemas of the model, closed: a member that Amazon does not know is a fault. */
const validators = (): (name: string) => ValidateFunction => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
  const known = new Map<string, ValidateFunction>()
  const definitions = closed(structuredClone(model.definitions))
  return (name) => {
    const validate = known.get(name) ?? ajv.compile({ definitions, $ref: `#/definitions/${name}` })
    known.set(name, validate)
    return validate
  }
}

const closed = (node: Any): Any => {
  if (typeof node !== 'object' || node === null) return node
  for (const child of Object.values(node)) closed(child)
  if (node.type === 'object' && node.properties) node.additionalProperties ??= false
  return node
}

const checkedWorld = ({ sandbox, ctx: { now } }: World) => {
  const validator = validators()
  const statuses = new Set<number>()
  let orders = 0
  const ask = async (path: string, query: Record<string, string>, token: string) => {
    const search = new URLSearchParams(query)
    const url = new URL(`${sandbox.url}/orders/2026-01-01/orders${path}?${search}`)
    return await check(url, { 'x-amz-access-token': token })
  }
  const check = async (url: URL, headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(url, { headers })
    const body: Any = await answer.json()
    statuses.add(answer.status)
    const single = url.pathname !== '/orders/2026-01-01/orders'
    const path = `/orders/2026-01-01/orders${single ? '/{orderId}' : ''}`
    const { schema, headers: told } = model.paths[path].get.responses[answer.status]
    const validate = validator(schema.$ref.replace('#/definitions/', ''))
    expect(validate(body), `${url}: ${JSON.stringify(validate.errors?.slice(0, 3))}`).toBe(true)
    const ours = [...answer.headers.keys()].filter((name) => /^x-amzn-(Rate|Request)/i.test(name))
    expect(ours.sort()).toEqual(Object.keys(told).map((name) => name.toLowerCase()).sort())
    orders += body.orders?.length ?? 0
    return { status: answer.status, body }
  }
  const ctx = fakeContext({
    now,
    respond: ({ url, headers }) => check(new URL(url.pathname + url.search, sandbox.url), headers),
  })
  return { ctx, ask, statuses, orders: () => orders }
}

const checkRequest = ({ method, url }: FakeRequest): void => {
  expect(method).toBe('GET')
  const parameters = parametersOf(url.pathname)
  for (const [name, value] of url.searchParams) {
    const parameter = parameters.find((one) => one.name === name && one.in === 'query')
    expect(parameter, name).toBeDefined()
    const values = parameter.type === 'array' ? value.split(',') : [value]
    expect(values.length).toBeLessThanOrEqual(parameter.maxItems ?? Infinity)
    const words: string[] | undefined = parameter.items?.enum ?? parameter.enum
    for (const one of values) if (words) expect(words).toContain(one)
    if (parameter.format === 'date-time') expect(new Date(value).toISOString()).toBe(value)
    if (parameter.type === 'integer') expect(value).toMatch(/^\d+$/)
  }
}
