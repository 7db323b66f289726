import { absent, createBuckets, createFaults } from 'robnu/testing'
import { controlVerb, nothing, type SandboxAnswer, startServer } from 'robnu/testing'
import { expect, onTestFinished, test } from 'vitest'

const refuse = (status: number, operation = ''): SandboxAnswer => ({
  status,
  body: { refused: status, operation },
})

const serve = async () => {
  const faults = createFaults(120)
  const done: string[] = []
  const server = await startServer({
    name: 'test',
    faults,
    verbs: {
      ...faults.verbs,
      fail: controlVerb('fails', nothing, () => Promise.reject(new Error('no reason'))),
      hold: controlVerb('answers what it got', nothing, (body) => ({ held: body })),
      advance: absent('nothing moves here'),
    },
    refuse,
    headers: () => ({ 'x-request-id': 'r1' }),
    routes: [
      {
        method: 'POST',
        path: '/things/{id}/notes',
        host: 'api.example.invalid',
        operation: 'addNote',
        handle: ({ params, body, header, url }) => {
          done.push(body)
          const answer = {
            id: params.id,
            body,
            agent: header('User-Agent'),
            q: url.searchParams.get('q'),
          }
          return { status: 201, headers: { 'x-rate': '5' }, body: answer }
        },
      },
      {
        method: 'GET',
        path: '/broken',
        operation: 'broken',
        handle: () => {
          throw new Error('a bug')
        },
      },
    ],
  })
  onTestFinished(() => server.stop())
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(server.url + path, { method: 'POST', body, headers })
  const verb = async (name: string, body: object = {}) => {
    const answer = await post(`/_control/${name}`, JSON.stringify(body))
    return { status: answer.status, body: await answer.json() }
  }
  return { server, faults, done, post, verb }
}
const note = '/things/a%20b/notes?q=1'

test('a route gets its parts, and every answer the common headers', async () => {
  const { post, server } = await serve()
  const answer = await post(note, 'hello', { 'user-agent': 'me' })
  expect(answer.status).toBe(201)
  expect(await answer.json()).toEqual({ id: 'a b', body: 'hello', agent: 'me', q: '1' })
  expect([answer.headers.get('x-rate'), answer.headers.get('x-request-id')]).toEqual(['5', 'r1'])
  const nowhere = await fetch(`${server.url}/nowhere`)
  expect([nowhere.status, nowhere.headers.get('x-request-id')]).toEqual([404, 'r1'])
  await nowhere.text()
})

test('a route answers on its own host only, when the caller tells where it meant to go', async () => {
  const { post } = await serve()
  const statusFor = async (host: string) => {
    const answer = await post(note, '', { 'x-robnu-upstream-host': host })
    await answer.text()
    return answer.status
  }
  expect(await statusFor('api.example.invalid')).toBe(201)
  expect(await statusFor('other.example.invalid')).toBe(404)
})

test('faults come in the order in which they were ordered, and are used up', async () => {
  const { post, verb, done } = await serve()
  await verb('failNext', { operation: 'addNote', times: 2, kind: '503' })
  await verb('failNext', { operation: 'addNote', kind: '429' })
  const statuses: number[] = []
  for (let request = 0; request < 4; request++) {
    const answer = await post(note, String(request))
    statuses.push(answer.status)
    await answer.text()
  }
  expect(statuses).toEqual([503, 503, 429, 201])
  expect(done).toEqual(['3'])
})

test('an answer that is lost was done all the same, and done once', async () => {
  const { post, verb, done } = await serve()
  await verb('failNext', { operation: 'addNote', kind: 'timeout-after-commit' })
  const lost = post(note, 'once').then((answer) => answer.text())
  await expect(lost).rejects.toThrow()
  expect(done).toEqual(['once'])
  await verb('failNext', { operation: 'addNote', kind: 'truncated-body' })
  const half = await (await post(note, 'twice')).text()
  expect(() => JSON.parse(half)).toThrow()
  expect(done).toEqual(['once', 'twice'])
})

test('a bug in a handler is a 500 in the wire format, with its reason for the author', async () => {
  const { server } = await serve()
  const answer = await fetch(`${server.url}/broken`)
  expect(await answer.json()).toEqual({ refused: 500, operation: 'broken' })
  expect(decodeURIComponent(answer.headers.get('x-robnu-sandbox-error') ?? '')).toContain('a bug')
})

test('a body that is too long is refused', async () => {
  const { post, done } = await serve()
  const answer = await post(note, 'x'.repeat(1_000_001))
  expect([answer.status, done.length]).toEqual([413, 0])
  await answer.text()
})

test('the control plane tells its verbs and what is wrong with a call', async () => {
  const { server, verb, faults } = await serve()
  const list = await (await fetch(`${server.url}/_control`)).json()
  expect(Object.keys(list.verbs)).toEqual([
    ...['chaos', 'duplicateNextPush', 'fail', 'failNext', 'hold', 'lag', 'reorderPushes'],
    ...['shiftPages', 'timeoutAfterCommit'],
  ])
  expect(list.absent).toEqual({ advance: 'nothing moves here' })
  expect(list.verbs.lag).toEqual({
    summary: 'how long a change stays unseen by reads',
    body: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { seconds: { type: 'number', minimum: 0 } },
      required: ['seconds'],
      additionalProperties: false,
    },
  })
  expect(await verb('advance')).toEqual({
    status: 501,
    body: { error: 'no verb "advance": nothing moves here' },
  })
  // as the public sandbox of a marketplace calls it
  expect(await verb('on_hold')).toEqual({ status: 200, body: { held: {} } })
  expect(await verb('hold', { reason: 'mine' })).toMatchObject({ status: 400 })
  expect((await verb('explode')).status).toBe(404)
  expect((await fetch(`${server.url}/_control/lag`).then((answer) => answer.json())).error)
    .toContain('POST')
  expect(await verb('lag', { seconds: -1 })).toMatchObject({ status: 400 })
  expect(await verb('failNext', { operation: 'addNote', kind: '418' })).toMatchObject({
    status: 400,
  })
  expect((await verb('fail')).body.error).toContain('no reason')
  expect(faults.lagMs()).toBe(120_000)
  await verb('lag', { seconds: 5 })
  await verb('shiftPages')
  expect([faults.lagMs(), faults.shiftsPages()]).toEqual([5000, true])
})

test('a port in use is one sentence', async () => {
  const { server } = await serve()
  const port = Number(new URL(server.url).port)
  const options = { name: 'other', port, faults: createFaults(), verbs: {}, refuse, routes: [] }
  await expect(startServer(options)).rejects.toThrow(
    `Cannot start the other sandbox on port ${port}: it is in use`,
  )
})

test('a server that stops answers what has begun', async () => {
  const faults = createFaults()
  let release = () => {}
  const held = new Promise<void>((resolve) => release = resolve)
  let begun = () => {}
  const arrived = new Promise<void>((resolve) => begun = resolve)
  const server = await startServer({
    name: 'test',
    faults,
    verbs: {},
    refuse,
    routes: [{
      method: 'GET',
      path: '/slow',
      operation: 'slow',
      handle: async () => {
        begun()
        await held
        return { status: 200, body: 'done' }
      },
    }],
  })
  const answer = fetch(`${server.url}/slow`).then((one) => one.json())
  await arrived
  const stopped = server.stop()
  release()
  expect(await answer).toBe('done')
  await stopped
  await expect(fetch(`${server.url}/slow`)).rejects.toThrow()
})

test('a bucket gives its burst, then its rate, to each holder', () => {
  let now = 0
  const buckets = createBuckets({ read: { ratePerSecond: 0.5, burst: 2 } }, () => now)
  const take = (holder = 'a') => buckets.take('read', holder)
  expect([take(), take(), take(), take('b')]).toEqual([true, true, false, true])
  now += 1999
  expect(take()).toBe(false)
  now += 1
  expect([take(), take()]).toEqual([true, false])
  now += 3_600_000
  expect([take(), take(), take()]).toEqual([true, true, false])
  expect(buckets.take('write', 'a')).toBe(true)
  buckets.verbs.throttle?.({ operation: 'read', ratePerSecond: 0, burst: 1 })
  expect([take(), take()]).toEqual([true, false])
  expect(buckets.limitOf('read')).toEqual({ ratePerSecond: 0, burst: 1 })
})

test('bytes are sent as they are, whole or cut', async () => {
  const faults = createFaults()
  const bytes = new Uint8Array([37, 80, 68, 70, 0, 255])
  const handle = () => ({ status: 200, headers: { 'content-type': 'application/pdf' }, bytes })
  const routes = [{ method: 'GET', path: '/paper', operation: 'paper', handle }]
  const server = await startServer({ name: 'test', faults, verbs: faults.verbs, refuse, routes })
  onTestFinished(() => server.stop())
  const get = async () => {
    const answer = await fetch(`${server.url}/paper`)
    const body = new Uint8Array(await answer.arrayBuffer())
    return [answer.headers.get('content-type'), body]
  }
  expect(await get()).toEqual(['application/pdf', bytes])
  faults.verbs['failNext']?.({ operation: 'paper', kind: 'truncated-body' })
  // it has announced its length, as files are: half of it is no answer
  await expect(get()).rejects.toThrow()
})

test('a lost answer has a verb of its own', async () => {
  const { post, verb, done } = await serve()
  expect(await verb('timeoutAfterCommit', { operation: 'addNote', after: 1 })).toEqual({
    status: 200,
    body: { operation: 'addNote', times: 1, kind: 'timeout-after-commit', after: 1 },
  })
  expect((await post(note, 'first')).status).toBe(201)
  await expect(post(note, 'second').then((answer) => answer.text())).rejects.toThrow()
  expect(done).toEqual(['first', 'second'])
})
