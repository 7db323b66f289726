/** What was recorded can be played again, and what was not recorded is told. */
import { failureOf } from 'robnu/plugin'
import { type FakeAnswer, fakeContext, readCassette, recordingContext } from 'robnu/testing'
import { cassetteText, replayContext } from 'robnu/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const api = 'https://api.example.invalid'
const plugin = { id: 'test', version: '1.0.0', upstream: 'v1' }
const secret = 'k_live_8812 77/x'
const account = {
  externalAccountId: 'SHOP-1',
  details: { shop: 'SHOP-1' },
  credentials: { key: secret },
}
const Any = z.unknown()

const recorded = (answers: readonly FakeAnswer[]) => {
  let at = 0
  const inner = fakeContext({
    respond: () => {
      const answer = answers[at++]
      if (!answer) throw new Error('the wire is cut')
      return answer
    },
    now: () => new Date(Date.UTC(2026, 0, 1, 0, at)),
  })
  return recordingContext(inner, { plugin, account, pii: ['rows[].buyer'], secrets: [secret] })
}

test('a walk is played again: requests, times, rows', async () => {
  const ctx = recorded([
    { body: { token: 'tok_9981_aa77_xx' } },
    { body: { rows: [{ id: 'O-1', buyer: { name: 'Asha Rao' } }] } },
  ])
  const walk = async (ctx: Pick<typeof recordedCtx, 'http' | 'now'>, key: string) => {
    const { token } = await ctx.http(z.object({ token: z.string() }), `${api}/token`, {
      method: 'POST',
      form: { key },
    })
    return await ctx.http(Any, `${api}/shops/${encodeURIComponent(key)}/rows`, {
      headers: { authorization: `Bearer ${token}` },
      query: { until: ctx.now().toISOString(), token },
    })
  }
  const recordedCtx = ctx
  await walk(ctx, secret)
  const text = cassetteText(ctx.cassette())
  for (const one of [secret, encodeURIComponent(secret), 'tok_9981', 'Asha']) {
    expect(text).not.toContain(one)
  }
  const cassette = readCassette(text)
  expect(cassetteText(cassette)).toBe(text)
  expect(cassette.exchanges[1]?.request.query['until']).toBe('2026-01-01T00:01:00.000Z')

  const replay = replayContext(cassette)
  const { key } = cassette.account.credentials as { key: string }
  expect(key).toMatch(/^[a-z]_[a-z]{4}_\d{4} \d{2}\/[a-z]$/)
  expect(await walk(replay, key)).toMatchObject({ rows: [{ id: 'O-1' }] })
  expect(replay.unused()).toEqual([])
})

test('refusals and silence are played again as well', async () => {
  const ctx = recorded([
    { status: 429, headers: { 'retry-after': '7' }, body: { error: 'slow down' } },
    { status: 401, body: { error: 'expired' } },
    { body: '{"rows": [' },
  ])
  const ask = (context: Pick<typeof ctx, 'http'>) =>
    context.http(Any, api, {
      explain: (status, body) =>
        status === 401
          ? { kind: 'auth', message: String((body as { error: string }).error) }
          : undefined,
    }).then(() => undefined, failureOf)
  const kinds = async (context: Pick<typeof ctx, 'http'>) => {
    const failures = []
    for (let asked = 0; asked < 4; asked++) failures.push(await ask(context))
    return failures.map((one) => [one?.kind, one?.message, one?.retryAfterMs])
  }
  const live = await kinds(ctx)
  expect(live.map(([kind]) => kind)).toEqual(['rate-limit', 'auth', 'bad-response', 'unavailable'])
  expect(await kinds(replayContext(ctx.cassette()))).toEqual(live)
})

test('a file of rows is played again without its buyers, and as far as it was read', async () => {
  const file = 'Id,Note,Buyer,Note\n1,a,Asha Rao,x\n2,b,Asha Rao,y\n3,c,Ravi Das,z\n'
  const inner = fakeContext({
    respond: ({ url }) => url.pathname === '/none' ? { body: 'a,b\n' } : { body: file },
  })
  const ctx = recordingContext(inner, { plugin, account, pii: ['table[].Buyer'], secrets: [] })
  const walk = async (context: Pick<typeof ctx, 'table'>) => {
    const ask = { signature: ['Id', 'Buyer'] }
    const signed = { method: 'POST', text: { type: 'application/json', body: '{"a": 1}' } } as const
    const table = await context.table(`${api}/file`, ask, signed)
    const lines: string[][] = []
    for await (const { line, cells } of table?.records ?? []) {
      lines.push([String(line), ...cells])
      if (lines.length === 2) break
    }
    return [table?.columns, lines, await context.table(`${api}/none`, ask)] as const
  }
  const [columns, lines, none] = await walk(ctx)
  expect(lines).toEqual([['2', '1', 'a', 'Asha Rao', 'x'], ['3', '2', 'b', 'Asha Rao', 'y']])
  expect(none).toBeNull()
  const text = cassetteText(ctx.cassette())
  expect(text).not.toMatch(/Asha|Ravi/)
  for (const anyOrder of [true, false]) {
    const replay = replayContext(readCassette(text), { anyOrder })
    const [again, found, still] = await walk(replay)
    expect([again, still]).toEqual([columns, null])
    expect(found.map(([line, id, note, , more]) => [line, id, note, more]))
      .toEqual([['2', '1', 'a', 'x'], ['3', '2', 'b', 'y']])
    expect(found[0]?.[3]).toBe(found[1]?.[3])
    expect(replay.unused()).toEqual([])
  }
})

test('a request that was never recorded names what differs', async () => {
  const ctx = recorded([{ body: 1 }, { body: 2 }])
  await ctx.http(Any, `${api}/a`, { query: { page: 1 } })
  await ctx.http(Any, `${api}/b`, { method: 'POST', json: { x: 1, y: 2 } })
  const cassette = ctx.cassette()
  const asking = (url: string, init = {}, options = {}) =>
    replayContext(cassette, options).http(Any, `${api}${url}`, init)
  await expect(asking('/a', { query: { page: 2 } })).rejects.toThrow(
    'The cassette does not know GET https://api.example.invalid/a: query page is "2", recorded "1"',
  )
  const post = { method: 'POST', json: { y: 2, x: 1 } }
  await expect(asking('/b', post)).rejects.toThrow('path is "/b", recorded "/a"')
  expect(await asking('/b', post, { anyOrder: true })).toBe(2)
  await expect(asking('/b', { ...post, json: { x: 2 } }, { anyOrder: true })).rejects.toThrow(
    'the body is another one',
  )
  const replay = replayContext(cassette, { anyOrder: true })
  await replay.http(Any, `${api}/a`, { query: { page: 1 } })
  await expect(replay.http(Any, `${api}/a`, { query: { page: 1 } })).rejects.toThrow(
    'does not know',
  )
  expect(replay.unused()).toHaveLength(1)
})

test('an unreadable cassette is told by its place', async () => {
  const ctx = recorded([{ body: 1 }])
  await ctx.http(Any, api)
  const text = cassetteText(ctx.cassette()).replace('"method": "GET"', '"method": 7')
  expect(() => readCassette(text)).toThrow('exchanges.0.request.method')
  expect(() => recordingContext(ctx, { plugin, account, pii: [], secrets: ['abc'] }).cassette())
    .toThrow('too short')
})
