import { failureOf } from 'robnu/plugin'
import { expect, test } from 'vitest'
import ajio from '../mod.ts'
import { Credentials } from '../schemas.ts'
import { all, answering, connection, failureIn, pageOf, refusal, start } from './support.ts'

const { verify, refresh, syncOrders, fetchDocument } = ajio.adapter
const session = { pobId: 'DV100001', storeCode: 'ST01', storeName: 'x', gstin: '27AAPFU0939F1ZV' }
const walk = (ctx: ReturnType<typeof answering>, account = connection()) =>
  all(syncOrders?.(account, { cursor: null, reason: 'manual' }, ctx))

test('every request but the refresh says whose it is', async () => {
  const ctx = answering(({ url }) =>
    url.pathname.endsWith('/session') ? { body: session } : pageOf([])
  )
  await verify(connection(), ctx)
  await walk(ctx)
  for (const { headers, url } of ctx.requests) {
    expect(headers).toMatchObject({
      'authorization': 'Bearer access-1',
      'x-pob-id': 'DV100001',
      'x-store-code': 'ST01',
    })
    expect(url.host).toBe('vms-gateway.robnu.com')
  }
  expect(ctx.requests.length).toBeGreaterThan(2)
})

test('verify takes the session of this POB, store and GSTIN, and no other', async () => {
  const failed = (change: object) =>
    failureIn(verify(connection(), answering(() => ({ body: { ...session, ...change } }))))
  expect(await failed({})).toBeUndefined()
  expect(await failed({ gstin: 'nan' })).toBeUndefined()
  for (
    const [change, word] of [
      [{ pobId: 'DV2' }, 'POB'],
      [{ storeCode: 'ST02' }, 'store code'],
      [{ gstin: '29AAPFU0939F1ZR' }, 'GSTIN'],
    ] as const
  ) {
    const refused = await failed(change)
    expect(refused).toMatchObject({ kind: 'auth', code: 'details-differ' })
    expect(refused?.message).toContain(word)
  }
  const other = { ...connection(), externalAccountId: 'DV200002' }
  const asked = answering(() => ({ body: session }))
  expect(await failureIn(verify(other, asked))).toMatchObject({ kind: 'rejected' })
  expect(asked.requests).toEqual([])
})

test('refusals of the session are told with the next step', async () => {
  const refused = (status: number, code: string) =>
    failureIn(walk(answering(() => refusal(status, code))))
  expect(await refused(401, 'TOKEN_EXPIRED')).toMatchObject({ kind: 'auth', code: 'token-expired' })
  for (const code of ['TOKEN_INVALID', 'SESSION_DEAD']) {
    const failed = await refused(401, code)
    expect(failed?.kind).toBe('auth')
    expect(failed?.message).toContain('connect the account anew with the browser extension')
  }
  const other = await refused(403, 'POB_MISMATCH')
  expect(other).toMatchObject({ kind: 'auth', code: 'pob-mismatch' })
  expect(other?.message).toContain('another POB')
  expect(await refused(401, 'OTHER')).toMatchObject({ kind: 'auth', status: 401 })
})

test('a token that is about to die is not used', async () => {
  const ctx = answering(() => pageOf([]))
  const dying = (ms: number) =>
    connection({ credentials: { token_expires_at: new Date(start.getTime() + ms) } })
  expect(await failureIn(walk(ctx, dying(239_000)))).toMatchObject({
    kind: 'auth',
    code: 'token-expired',
  })
  expect(ctx.requests).toEqual([])
  expect((await walk(ctx, dying(241_000))).length).toBeGreaterThan(0)
  // unknown: AJIO will say
  expect((await walk(ctx, connection())).length).toBeGreaterThan(0)
})

test('a refresh gives four new blobs and says when they die', async () => {
  const fresh = {
    access_token: 'access-2',
    refresh_token: 'refresh-2',
    session_context: 'context-2',
    user_context: 'user-2',
  }
  const ctx = answering(() => ({ body: { ...fresh, expires_in: 1800 } }))
  const account = connection({ credentials: { pob_password: 'word' } })
  const credentials = await refresh?.(account, ctx)
  expect(credentials).toEqual({
    ...fresh,
    pob_password: 'word',
    token_expires_at: '2026-08-20T07:00:00.000Z',
    last_refresh_at: start.toISOString(),
  })
  expect(Credentials.parse(credentials)).toEqual(credentials)
  const [asked] = ctx.requests
  expect(JSON.parse(asked?.body ?? '')).toEqual({
    refresh_token: 'refresh-1',
    session_context: 'context-1',
  })
  expect(asked?.headers).not.toHaveProperty('authorization')
  const dead = answering(() => refusal(401, 'SESSION_DEAD'))
  expect(await failureIn(Promise.resolve(refresh?.(account, dead)))).toMatchObject({
    kind: 'auth',
    code: 'session-dead',
  })
  const broken = answering(() => ({ body: { ...fresh, refresh_token: '', expires_in: 1800 } }))
  expect(await failureIn(Promise.resolve(refresh?.(account, broken)))).toMatchObject({
    kind: 'bad-response',
  })
})

test('a document that is not made yet is worth asking for again, another one is not', async () => {
  const calls: [string, unknown][] = []
  const answers = answering(() => ({}))
  const ctx = {
    ...answers,
    download: (url: string, init?: { explain?: (status: number, body: unknown) => unknown }) => {
      calls.push([url, init?.explain?.(404, { code: 'NOT_READY' })])
      return Promise.resolve({ sha256: '', byteSize: 1, mime: 'application/pdf', storageKey: 'k' })
    },
  }
  await fetchDocument?.(connection(), { type: 'LABEL', shipmentExternalId: 'SH/1' }, ctx)
  await fetchDocument?.(connection(), { type: 'MANIFEST', manifestExternalId: 'M1' }, ctx)
  const notReady = expect.objectContaining({ kind: 'unavailable', code: 'not-ready' })
  const base = 'https://vms-gateway.robnu.com/vms'
  expect(calls).toEqual([
    [`${base}/shipments/SH%2F1/label`, notReady],
    [`${base}/manifests/M1/document`, notReady],
  ])
  const pob = fetchDocument?.(connection(), { type: 'POB', shipmentExternalId: 'SH1' }, ctx)
  expect(await pob?.catch((error: unknown) => failureOf(error)?.kind)).toBe('rejected')
})
