import { failureKind } from 'robnu/plugin'
import type { FakeAnswer } from 'robnu/testing'
import { expect, test } from 'vitest'
import { connect } from '../client.ts'
import { explain, explainFile, explainPaper, explainToken, kebab, wordsOf } from '../refusals.ts'
import { Details } from '../schemas.ts'
import { refresh, verify } from '../session.ts'
import { answering, connection, failureIn, start } from './support.ts'

const token = {
  ...{ access_token: 'fresh', token_type: 'bearer', expires_in: 5_183_999, scope: 'Seller_Api' },
}

test('an application of the seller exchanges its secret for a token', async () => {
  const ctx = answering(() => ({ body: token }))
  const account = connection({ credentials: { access_token: null, refresh_token: 'kept' } })
  expect(await refresh(account, ctx)).toEqual({
    app_secret: 'secret-1',
    access_token: 'fresh',
    access_token_expires_at: new Date(start.getTime() + 5_183_999_000).toISOString(),
    refresh_token: 'kept',
  })
  const [request] = ctx.requests
  expect(request?.url.href).toBe(
    'https://api.flipkart.net/oauth-service/oauth/token?grant_type=client_credentials&scope=Seller_Api',
  )
  expect(request?.headers['authorization']).toBe(`Basic ${btoa('app-1:secret-1')}`)
})

test('an application of a third party refreshes, and keeps the token in the body', async () => {
  const ctx = answering(() => ({
    body: { ...token, refresh_token: 'next', refresh_token_expires_in: 100 },
  }))
  const details = { grant_type: 'AUTHORIZATION_CODE', environment: 'SANDBOX' }
  const account = connection({ details, credentials: { refresh_token: 'before' } })
  expect(await refresh(account, ctx)).toMatchObject({
    ...{ access_token: 'fresh', refresh_token: 'next' },
    refresh_token_expires_at: '2026-08-20T06:31:40.000Z',
  })
  const [request] = ctx.requests
  expect(request?.url.href).toBe('https://sandbox-api.flipkart.net/oauth-service/oauth/token')
  expect(request?.body).toBe('grant_type=refresh_token&refresh_token=before')
  const without = connection({ details })
  expect(await failureIn(Promise.resolve(refresh(without, ctx))))
    .toMatchObject({ kind: 'auth', code: 'grant-refused' })
})

test.each<readonly [FakeAnswer, string]>([
  [{ status: 401, body: { error: 'unauthorized' } }, 'client-refused'],
  [{ status: 400, body: { error: 'invalid_grant' } }, 'grant-refused'],
])('a refusal of a token is one to connect anew after: %j', async (answer, code) => {
  const failed = await failureIn(Promise.resolve(refresh(connection(), answering(() => answer))))
  expect(failed).toMatchObject({ kind: 'auth', code })
  expect(failed?.message).toContain('connect')
})

test('an account is verified by asking, and only the one that it says it is', async () => {
  const ctx = answering(() => ({ body: { shipments: [] } }))
  await verify(connection(), ctx)
  expect(ctx.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer token-1'])
  const other = connection({ details: { flipkart_seller_id: 'fk-other' } })
  expect(await failureIn(Promise.resolve(verify(other, ctx)))).toMatchObject({ kind: 'rejected' })
})

test.each([
  [{ access_token: null }],
  [{ access_token_expires_at: new Date(start.getTime() + 239_000) }],
])('a token that is not there, or nearly over, is not used: %j', async (credentials) => {
  const ctx = answering(() => ({ body: { shipments: [] } }))
  const failed = await failureIn(Promise.resolve(verify(connection({ credentials }), ctx)))
  expect(failed).toMatchObject({ kind: 'auth', code: 'token-expired' })
  expect(ctx.requests).toEqual([])
})

const errors = (code: unknown) => ({ errors: [{ severity: 'ERROR', code, description: 'Asha' }] })
test.each<readonly [number, unknown, object | undefined]>([
  [403, errors('OPERATION_NOT_ALLOWED'), { kind: 'rejected', code: 'operation-not-allowed' }],
  [403, errors('X'), undefined],
  [401, errors('X'), undefined],
  [404, 'x', { kind: 'rejected', code: 'not-found' }],
  [400, errors('INVALID_PAGE_TOKEN'), { kind: 'rejected', code: 'invalid-page-token' }],
  [422, errors('Asha Rao'), { kind: 'rejected', code: 'refused' }],
  [422, errors(null), undefined],
  [422, 'x', undefined],
  [500, errors('X'), undefined],
])('%i %j means %j', (status, body, wanted) => {
  const found = explain(status, body)
  if (wanted) expect(found).toMatchObject(wanted)
  else expect(found).toBeUndefined()
  expect(JSON.stringify(found) ?? '').not.toContain('Asha')
})

test('papers, files and tokens have refusals of their own', () => {
  expect(explainPaper(422, errors('INVALID_ITEM_STATE')))
    .toMatchObject({ kind: 'unavailable', code: 'not-ready' })
  expect(explainPaper(404, {})).toMatchObject({ code: 'not-found' })
  // no other token opens a signed address
  expect([401, 403, 404, 410, 500].map((status) => explainFile(status)?.kind))
    .toEqual(['unavailable', 'unavailable', 'unavailable', 'unavailable', undefined])
  expect(explainToken(400, { error: 'x' })).toBeUndefined()
  expect(explainToken(503, {})).toBeUndefined()
})

test('codes become our own form, and words what to do', () => {
  expect(['INVALID_ITEM_STATE', 'A__B_', 'a b', '', '1X'].map(kebab))
    .toEqual(['invalid-item-state', 'a-b', 'refused', 'refused', 'refused'])
  expect(wordsOf('toString')).toBe('it gave the code toString, look at it in the seller portal')
  expect(wordsOf('Asha Rao')).toBe('look at it in the seller portal')
  expect(wordsOf('CANCELLED')).toBe('it is cancelled')
})

test('ids are parts of an address, whatever stands in them', async () => {
  const ctx = answering(() => ({ body: { shipments: [] } }))
  await connect(connection(), ctx).details(['a/../b', 'c,d'])
  expect(ctx.requests[0]?.url.pathname).toBe('/sellers/v3/shipments/a%2F..%2Fb,c%2Cd')
})

test('a failure of the network is no refusal', async () => {
  const ctx = answering(() => ({ status: 503 }))
  await expect(refresh(connection(), ctx)).rejects.toSatisfy((error) =>
    failureKind(error) === 'unavailable'
  )
})

test('details have a usual value, and say what is wrong with others', () => {
  const good = Details.parse({ flipkart_seller_id: 'fk12', app_id: 'a' })
  expect(good).toMatchObject({
    ...{ environment: 'PROD', grant_type: 'CLIENT_CREDENTIALS', location_ids: [] },
    ...{ reports_api_enabled: false, gst_rate_bp: 500, package_weight_grams: 500 },
    ...{ manifest_cutoff: '17:30' },
  })
  for (
    const wrong of [
      { location_ids: ['X'] },
      { gstin: '29AAGCR4375J1ZX' },
      { notification_url: 'http://a.example' },
      { gst_rate_bp: 10_001 },
    ]
  ) expect(Details.safeParse({ ...good, ...wrong }).success).toBe(false)
})
