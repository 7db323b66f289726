import { failureOf, type HttpInit, type Schema } from 'robnu/plugin'
import {
  createFaults,
  type FakeAnswer,
  fakeContext,
  sandboxContext,
  startServer,
  zipOf,
} from 'robnu/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const url = 'https://api.example.invalid/things'
const Thing = z.object({ name: z.string() })

const failed = async (answer: FakeAnswer, init: HttpInit = {}, schema: Schema = Thing) => {
  const limits = [{ operation: 'list', ratePerSecond: 0.5, burst: 1 }]
  const ctx = fakeContext({ respond: () => answer, limits })
  return await ctx.http(schema, url, init).then(() => undefined, failureOf)
}

test('a request is written as the contract says', async () => {
  const ctx = fakeContext({ respond: () => ({ body: { name: 'a' } }) })
  await ctx.http(Thing, url, {
    query: { ids: ['a', 'b'], page: 2, none: undefined },
    operation: 'list',
  })
  await ctx.http(Thing, url, { method: 'POST', form: { a: 'b c' } })
  await ctx.http(Thing, url, { method: 'PUT', json: { a: 1 }, headers: { 'x-key': 'k' } })
  const [get, post, put] = ctx.requests
  expect([get?.url.search, get?.operation, get?.body]).toEqual([
    '?ids=a%2Cb&page=2',
    'list',
    undefined,
  ])
  expect([post?.body, post?.headers['content-type']]).toEqual([
    'a=b+c',
    'application/x-www-form-urlencoded',
  ])
  expect([put?.body, put?.headers]).toEqual([
    '{"a":1}',
    { 'x-key': 'k', 'content-type': 'application/json' },
  ])
})

test('every status has its kind of failure', async () => {
  const kinds = [401, 403, 429, 500, 503, 400, 404, 409].map(async (status) =>
    (await failed({ status, body: { name: 'a' } }))?.kind
  )
  expect(await Promise.all(kinds)).toEqual([
    'auth',
    'auth',
    'rate-limit',
    'unavailable',
    'unavailable',
    'rejected',
    'rejected',
    'rejected',
  ])
  expect(await failed({ status: 404 })).toMatchObject({ status: 404 })
})

test('a wait is told by the answer, else by the limit', async () => {
  expect((await failed({ status: 429 }, { operation: 'list' }))?.retryAfterMs).toBe(2000)
  const told = { status: 429, headers: { 'Retry-After': '7' } }
  expect((await failed(told, { operation: 'list' }))?.retryAfterMs).toBe(7000)
  expect((await failed({ status: 429 }))?.retryAfterMs).toBeUndefined()
})

test('an answer that is not as the schema says is bad, and the failure does not repeat it', async () => {
  const body = { name: { secret: 'Asha Rao' } }
  for (const answer of [{ body }, { body: '{"name":' }, {}]) {
    const failure = await failed(answer)
    expect(failure?.kind).toBe('bad-response')
    expect(failure?.message).not.toContain('Asha')
  }
})

test('explain has the first word, and undefined keeps the standard reading', async () => {
  const explain: HttpInit['explain'] = (status, body) =>
    status === 400
      ? { kind: 'auth', message: `told: ${JSON.stringify(body)}`, code: 'c' }
      : undefined
  expect(await failed({ status: 400, body: { e: 1 } }, { explain })).toMatchObject({
    kind: 'auth',
    message: 'told: {"e":1}',
    code: 'c',
    status: 400,
  })
  expect((await failed({ status: 500 }, { explain }))?.kind).toBe('unavailable')
})

test('only https is asked, and only declared hosts', async () => {
  const ctx = fakeContext({ respond: () => ({ body: {} }), hosts: ['api.example.invalid'] })
  for (const address of ['http://api.example.invalid/', 'https://other.example.invalid/']) {
    await expect(ctx.http(Thing, address)).rejects.toThrow('does not declare')
  }
  expect(ctx.requests).toEqual([])
})

test('an abort is an abort, not a failure of the marketplace', async () => {
  const ctx = fakeContext({ respond: () => ({}), signal: AbortSignal.abort(new Error('stopped')) })
  await expect(ctx.http(Thing, url)).rejects.toThrow('stopped')
})

test('a sandbox answers in place of the real host, and knows which host was meant', async () => {
  const server = await startServer({
    name: 'test',
    faults: createFaults(),
    verbs: {},
    refuse: (status) => ({ status }),
    routes: [{
      method: 'GET',
      path: '/things',
      host: 'api.example.invalid',
      operation: 'list',
      handle: ({ url }) => ({ status: 200, body: { name: url.searchParams.get('q') } }),
    }],
  })
  const clock = { at: new Date().toISOString(), upstream: '2022-06-30T00:00:00.000Z', speed: 3600 }
  const ctx = sandboxContext({ url: server.url, clock })
  expect(await ctx.http(Thing, url, { query: { q: 'a&b' } })).toEqual({ name: 'a&b' })
  const elsewhere = ctx.http(Thing, 'https://other.example.invalid/things')
  expect(await elsewhere.then(() => undefined, failureOf)).toMatchObject({ status: 404 })
  expect(ctx.now().getUTCFullYear()).toBe(2022)
  await server.stop()
  const gone = ctx.http(Thing, url).then(() => undefined, failureOf)
  expect((await gone)?.kind).toBe('unavailable')
})

test('a file of rows is read as the host reads it, whatever it is packed in', async () => {
  const bytes = new TextEncoder().encode('Settled\nId;Amount\n\nA-1;1.20\nid;amount\n')
  const answers: FakeAnswer[] = [
    { body: bytes },
    { body: zipOf([{ name: 'report.csv', bytes }]) },
    { body: 'Name;Amount\n' },
    { body: '' },
    { status: 404, body: { error: 'none yet' } },
    { body: '<html>' },
  ]
  const ctx = fakeContext({ respond: () => answers.shift() ?? {} })
  const read = async () => {
    const table = await ctx.table(url, { signature: ['id', 'amount'] })
    const lines = []
    for await (const { line, cells } of table?.records ?? []) lines.push([line, ...cells])
    return table && { columns: table.columns, lines }
  }
  const whole = { columns: ['Id', 'Amount'], lines: [[4, 'A-1', '1.20']] }
  expect([await read(), await read(), await read(), await read()])
    .toEqual([whole, whole, null, null])
  const kind = () => read().then(() => undefined, (error) => failureOf(error)?.kind)
  expect([await kind(), await kind()]).toEqual(['rejected', 'bad-response'])
})

test('what is logged can be looked at', () => {
  const ctx = fakeContext({ respond: () => ({}) })
  ctx.log('page', { rows: 2 })
  expect(ctx.logged).toEqual([{ event: 'page', fields: { rows: 2 } }])
})
