import { expect, test } from 'vitest'
import { startShop } from './sandbox-shop.ts'

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${btoa(`${id}:${secret}`)}`,
})
const token = (query: string) => `/oauth-service/oauth/token?${query}`

test('an application of a seller gets a token of sixty days by its secret', async () => {
  const shop = await startShop()
  const { app_id, app_secret } = shop.secret
  const asked = token('grant_type=client_credentials&scope=Seller_Api')
  const { status, json } = await shop.ask(asked, { headers: basic(app_id, app_secret) })
  expect(status).toBe(200)
  expect(json).toMatchObject({ token_type: 'bearer', expires_in: 5_183_999, scope: 'Seller_Api' })
  expect(json).not.toHaveProperty('refresh_token')
  const headers = { authorization: `Bearer ${json.access_token}` }
  const open = () => shop.ask('/sellers/v3/shipments?orderIds=OD1', { headers })
  expect((await open()).status).toBe(200)
  const left = await shop.ask('/oauth-service/oauth/token/expiry', { headers })
  expect(left.json).toEqual({ expires_in: 5_183_999 })
  await shop.wait(61 * 86_400)
  expect((await open()).status).toBe(401)

  const wrong = await shop.ask(asked, { headers: basic(app_id, 'wrong') })
  expect(wrong).toMatchObject({ status: 401, json: { error_description: 'Bad credentials' } })
  const nobody = await shop.ask(asked, { headers: basic('nobody', app_secret) })
  expect(nobody.json.error_description).toBe('No client with requested id: nobody')
})

test('a third party comes by the browser, and then refreshes', async () => {
  const shop = await startShop(1)
  const { app_id, app_secret } = shop.secret
  const back = 'https://robnu.example/back'
  const query = new URLSearchParams({
    ...{ client_id: app_id, redirect_uri: back, response_type: 'code', scope: 'Seller_Api' },
    state: 'state-1',
  })
  const seen = await shop.ask(`/oauth-service/oauth/authorize?${query}`)
  const target = new URL(seen.headers.get('location') ?? '')
  expect([seen.status, target.origin + target.pathname]).toEqual([302, back])
  expect(target.searchParams.get('state')).toBe('state-1')
  const code = target.searchParams.get('code') ?? ''
  const headers = basic(app_id, app_secret)
  const byCode = token(
    `grant_type=authorization_code&redirect_uri=${back}&state=state-1&code=${code}`,
  )
  const first = await shop.ask(byCode, { headers })
  expect(first.json).toMatchObject({ refresh_token_expires_in: 10_703_805 })
  expect((await shop.ask(byCode, { headers })).json).toMatchObject({ error: 'invalid_grant' })

  const { refresh_token } = first.json
  const again = await shop.ask(token(`grant_type=refresh_token&refresh_token=${refresh_token}`), {
    headers,
  })
  expect(again.json).toMatchObject({ refresh_token })
  // a secret may stand in the body as well
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token })
  const posted = await shop.ask('/oauth-service/oauth/token', { method: 'POST', body, headers })
  expect(posted.status).toBe(200)
  expect((await shop.ask(token('grant_type=client_credentials'), { headers })).status).toBe(400)
})

test('tokens can be taken away, at once or in the middle of a walk; a session needs the seller', async () => {
  const shop = await startShop(1)
  const open = () => shop.get('/v3/shipments?orderIds=OD1')
  const headers = basic(shop.secret.app_id, shop.secret.app_secret)
  const refresh = () =>
    shop.ask(token(`grant_type=refresh_token&refresh_token=${shop.secret.refresh_token}`), {
      headers,
    })
  await shop.control('revokeToken', { account: shop.id, after: 2 })
  expect([(await open()).status, (await open()).status, (await open()).status]).toEqual([
    ...[200, 200, 401],
  ])
  expect((await refresh()).status).toBe(200)
  await shop.control('revokeToken', { account: shop.id, kind: 'session' })
  expect((await refresh()).json).toMatchObject({ error: 'invalid_grant' })
  const { credentials } = await shop.control('connect', { account: shop.id })
  expect(credentials.refresh_token).not.toBe(shop.secret.refresh_token)
  const found = await shop.ask('/sellers/v3/shipments?orderIds=OD1', {
    headers: { authorization: `Bearer ${credentials.access_token}` },
  })
  expect(found.status).toBe(200)
})

test('too many requests are refused, with a time to wait and without one in turns', async () => {
  const shop = await startShop()
  await shop.control('throttle', { operation: 'orders', ratePerSecond: 0, burst: 0 })
  const refusals = [await shop.get('/v3/shipments?orderIds=OD1'), await shop.get('/v3/shipments')]
  expect(refusals.map(({ status }) => status)).toEqual([429, 429])
  expect(refusals.map(({ headers }) => headers.get('retry-after'))).toEqual(['1', null])
})
