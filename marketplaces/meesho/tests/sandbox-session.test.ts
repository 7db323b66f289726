import { expect, test } from 'vitest'
import { codeOf, Keys, sign, startWorld } from './sandbox-world.ts'

test('a signature is over method, path with query, time and body; nothing else opens', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const account = await gateway.ask('GET', '/v2/account')
  expect(account.json).toEqual({
    supplier_identifier: 'SUP100001',
    merchant_id: 'MER200001',
    supplier_id: 1203401,
    name: 'Asha Textiles',
    acceptance_preference: 'MANUAL',
    location_external_identifier: 'LOC-1-MAIN',
  })
  const outcome = async (...asked: Parameters<typeof gateway.ask>) => {
    const answer = await gateway.ask(...asked)
    return answer.status === 200 ? 'ok' : `${answer.status} ${codeOf(answer)}`
  }
  const get = (signing: object) => outcome('GET', '/v2/orders?limit=2', undefined, signing)
  expect(await get({})).toBe('ok')
  expect(await get({ skewSeconds: 299 })).toBe('ok')
  expect(await get({ skewSeconds: -299 })).toBe('ok')
  expect(await get({ skewSeconds: 302 })).toBe('401 TIMESTAMP_SKEW')
  expect(await get({ skewSeconds: -302, secret: 'another' })).toBe('401 TIMESTAMP_SKEW')
  expect(await get({ secret: 'another' })).toBe('401 SIGNATURE_MISMATCH')
  expect(await get({ key: 'mk_none' })).toBe('401 UNKNOWN_KEY')
  // a key of another supplier
  const { api_key, api_secret } = Keys.parse(world.sandbox.accounts[1]?.credentials)
  expect(await get({ key: api_key, secret: api_secret })).toBe('401 UNKNOWN_KEY')
  const body = { sub_order_nos: ['18_1'] }
  expect(await outcome('POST', '/v2/orders/accept', body)).toBe('ok')

  // what is changed on its way
  const timestamp = String(Math.floor(world.now() / 1000))
  const own = Keys.parse(world.sandbox.accounts[0]?.credentials)
  const signed = sign(own.api_secret, 'GET', '/v2/orders?limit=2', timestamp, '')
  const changed = await fetch(`${world.sandbox.url}/v2/orders?limit=3`, {
    headers: {
      'x-api-key': own.api_key,
      'x-supplier-identifier': 'SUP100001',
      'x-timestamp': timestamp,
      'x-signature': signed,
    },
  })
  expect(changed.status).toBe(401)
  const skewed = await gateway.ask('GET', '/v2/account', undefined, { skewSeconds: 400 })
  expect(skewed.json).toMatchObject({ error: { server_time: Math.floor(world.now() / 1000) } })
})

test('five a second and ten at once, whatever is asked; files are free of it', async () => {
  const world = await startWorld({ limited: true })
  const gateway = world.as(0)
  const statuses: number[] = []
  for (const path of ['/v2/account', '/v2/orders', '/v2/returns']) {
    for (let n = 0; n < 4; n++) statuses.push((await gateway.ask('GET', path)).status)
  }
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429])
  const refused = await gateway.ask('GET', '/v2/account')
  expect(codeOf(refused)).toBe('RATE_LIMITED')
  expect(refused.headers.get('retry-after')).toBe('1')
  // the other supplier has a bucket of its own
  expect((await world.as(1).ask('GET', '/v2/account')).status).toBe(200)
  await world.control('clock', { bySeconds: 1 })
  const again = await gateway.ask('GET', '/v2/payments?from=2026-08-10&to=2026-08-14&kind=PREVIOUS')
  const { files } = again.json as { files: { url: string }[] }
  for (let n = 0; n < 12; n++) {
    expect((await world.fetchFile(files[0]?.url ?? '')).status).toBe(200)
  }
})

test('a key that is withdrawn opens nothing more, until new ones are given', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  await world.control('revokeToken', { supplier: gateway.id, after: 2 })
  const statuses: number[] = []
  for (let n = 0; n < 3; n++) statuses.push((await gateway.ask('GET', '/v2/account')).status)
  expect(statuses).toEqual([200, 200, 401])
  const { credentials } = await world.control('connect', { supplier: gateway.id })
  const { api_key: key, api_secret: secret } = Keys.parse(credentials)
  const answer = await gateway.ask('GET', '/v2/account', undefined, { key, secret })
  expect(answer.status).toBe(200)
  expect(codeOf(await gateway.ask('GET', '/v2/account'))).toBe('UNKNOWN_KEY')
})

test('what is no request of the contract is a 400, and what is not there a 404', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const outcome = async (...asked: Parameters<typeof gateway.ask>) => {
    const answer = await gateway.ask(...asked)
    return `${answer.status} ${codeOf(answer)}`
  }
  const many = (count: number) => Array.from({ length: count }, (_, at) => `18000${at}_1`)
  const days = (from: string, to: string) => `/v2/payments?from=${from}&to=${to}&kind=PREVIOUS`
  expect(await outcome('GET', '/v2/orders?limit=101')).toBe('400 MALFORMED')
  expect(await outcome('GET', '/v2/orders?cursor=b3JkZXJz')).toBe('400 BAD_CURSOR')
  expect(await outcome('GET', '/v2/orders?sub_order_nos=')).toBe('400 MALFORMED')
  expect(await outcome('GET', `/v2/orders?sub_order_nos=${many(101).join(',')}`))
    .toBe('400 MALFORMED')
  expect(await outcome('POST', '/v2/orders/accept', { sub_order_nos: many(101) }))
    .toBe('400 MALFORMED')
  expect(await outcome('POST', '/v2/shipments/labels', { sub_order_nos: many(51) }))
    .toBe('400 MALFORMED')
  expect(await outcome('GET', days('2026-07-01', '2026-08-01'))).toBe('400 MALFORMED')
  expect(await outcome('GET', days('2026-08-02', '2026-08-01'))).toBe('400 MALFORMED')
  expect(await outcome('GET', '/v2/jobs/JOB100001')).toBe('404 NOT_FOUND')
  expect(await outcome('GET', '/v2/manifests/MM200001')).toBe('404 NOT_FOUND')
  const cancel = { sub_order_no: '1_1', reason_code: 'OTHER' }
  expect(await outcome('POST', '/v2/orders/cancel', cancel)).toBe('404 NOT_FOUND')
  const inventory = { location_external_identifier: 'LOC-2-MAIN', items: [] as object[] }
  expect(await outcome('PUT', '/v2/inventory', inventory)).toBe('400 MALFORMED')
  inventory.items.push({ sku: 'KURTA-RED', size: 'M', quantity: 1 })
  expect(await outcome('PUT', '/v2/inventory', inventory)).toBe('422 WRONG_LOCATION')
})
