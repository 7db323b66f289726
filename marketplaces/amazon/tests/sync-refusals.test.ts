import { failureOf } from 'robnu/plugin'
import { type FakeAnswer, fakeContext } from 'robnu/testing'
import { expect, test } from 'vitest'
import amazon from '../mod.ts'
import { connect, emptyLedger, pagesFrom, renewed, run, startWorld } from './support.ts'
import { type Connection, store, type World } from './support.ts'

test('a token that dies in the middle of a walk is refreshed and nothing is asked twice', async () => {
  const world = await startWorld()
  const ledger = emptyLedger()
  await run(world, ledger, { between: () => world.control('clock', { bySeconds: 1800 }) })
  const tokens = world.ctx.requests.filter(({ url }) => url.pathname === '/auth/o2/token')
  expect(tokens.length).toBeGreaterThan(5)
  const asked = world.ctx.requests.filter(({ operation }) => operation === 'searchOrders')
  expect(asked.length).toBe(ledger.pages)
  expect(ledger.orders.size).toBe(2000)
})

test('a token that Amazon calls expired asks for a refresh, any other refusal for the seller', async () => {
  const world = await startWorld()
  const account = await connect(world)
  await world.control('clock', { bySeconds: 3700 })
  const optimist = {
    ...account,
    credentials: { ...account.credentials, access_token_expires_at: '2030-01-01T00:00:00.000Z' },
  }
  expect(await failureIn(optimist, world)).toMatchObject({ kind: 'auth', code: 'token-expired' })
  expect(await failureIn(await connect(world, 0, false), world)).toMatchObject({
    kind: 'auth',
    code: 'token-expired',
  })
  const fresh = await renewed(account, world.ctx)
  await world.control('revokeToken')
  expect(await failureIn(fresh, world)).toMatchObject({ kind: 'auth', code: 'access-refused' })
})

test('a page token that has died begins its window again, within the same bounds', async () => {
  const world = await startWorld()
  const ledger = emptyLedger()
  const account = await connect(world)
  for await (const page of pagesFrom(account, null, world.ctx)) {
    store(ledger, page)
    if (ledger.cursor?.walk?.token && ledger.pages > 3) break
  }
  const { from, to } = ledger.cursor?.walk ?? {}
  await world.control('clock', { bySeconds: 25 * 3600 })
  await run(world, ledger)
  expect(ledger.orders.size).toBe(2000)
  expect(world.ctx.logged).toEqual([{ event: 'amazon.window-begun-again', fields: { from, to } }])
})

test('a page token that is never accepted, or never new, ends the walk', async () => {
  const world = await startWorld()
  const account = await connect(world)
  const first = { orders: [], pagination: { nextToken: 'a' } }
  const refusal = { status: 400, body: { errors: [{ code: 'InvalidInput', message: 'no' }] } }
  const answers = (next: FakeAnswer) =>
    fakeContext({
      respond: ({ url }) => url.searchParams.has('paginationToken') ? next : { body: first },
      now: world.ctx.now,
    })
  const refusing = answers(refusal)
  expect(await failureIn(account, { ctx: refusing }, 3)).toMatchObject({ kind: 'rejected' })
  expect(refusing.requests.length).toBe(4) // begun again once
  const repeating = answers({ body: first })
  expect(await failureIn(account, { ctx: repeating }, 3)).toMatchObject({ kind: 'bad-response' })
})

test('an empty bucket says how long to wait, and the true rate gives the computed time', async () => {
  const world = await startWorld({ limited: true })
  const began = world.now()
  const ledger = emptyLedger()
  await run(world, ledger)
  expect(ledger.orders.size).toBe(2000)
  const asked = world.ctx.requests.filter(({ operation }) => operation === 'searchOrders').length
  const computed = (ledger.pages - 20) / 0.0056
  const waited = (world.now() - began) / 1000
  expect(asked).toBeGreaterThan(ledger.pages)
  expect(Math.abs(waited - computed)).toBeLessThan(1 / 0.0056)
})

test('bad credentials are told to the seller with the next step', async () => {
  const world = await startWorld()
  const { verify } = amazon.adapter
  const account = await connect(world, 0, false)
  await verify(account, world.ctx)
  const wrong = (credentials: object) =>
    verify({ ...account, credentials: { ...account.credentials, ...credentials } }, world.ctx)
      .then(() => undefined, failureOf)
  expect(await wrong({ lwa_client_secret: 'no' })).toMatchObject({ kind: 'auth', status: 401 })
  const grant = await wrong({ lwa_refresh_token: 'no' })
  expect(grant).toMatchObject({ kind: 'auth', status: 400 })
  expect(grant?.message).toContain('authorize Robnu again')
  await world.control('revokeToken', { kind: 'session' })
  expect(await wrong({})).toMatchObject({ kind: 'auth' })
})

const failureIn = async (account: Connection, { ctx }: Pick<World, 'ctx'>, pages = 1) => {
  try {
    let left = pages
    for await (const _ of pagesFrom(account, null, ctx)) if (--left === 0) break
    return undefined
  } catch (error) {
    return failureOf(error)
  }
}
