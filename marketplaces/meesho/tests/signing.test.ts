/** Signatures, against vectors that OpenSSL has made, and what is sent by them. */
import { expect, test } from 'vitest'
import { connect } from '../client.ts'
import { isSigned, sign } from '../signing.ts'
import { anOrder, answering, connection, failureIn, refusal, secret, start } from './support.ts'

const timestamp = '1786680000'

test('a request without a body and one with a body are signed as OpenSSL signs them', async () => {
  const path = '/v2/orders?updated_from=2026-08-14T04%3A30%3A00Z&limit=100'
  expect(await sign(secret, { method: 'get', path, timestamp, body: '' }))
    .toBe('f2e034814132c82ce62217ae46c34f4be7b9143d21fa781e6f1547ee508d1530')
  const body = '{"sub_order_nos":["184000000000000001_1"]}'
  expect(await sign(secret, { method: 'POST', path: '/v2/orders/accept', timestamp, body }))
    .toBe('4c649e20ffe0afd0454823b2a97f2a97835200c24e478a3365b8b4f1fb793e9d')
})

test('a signature holds for what was signed, and for nothing else', async () => {
  const signed = { method: 'GET', path: '/v2/account', timestamp, body: '' }
  const signature = await sign(secret, signed)
  expect(await isSigned(secret, signed, signature)).toBe(true)
  expect(await isSigned(secret, signed, signature.toUpperCase())).toBe(true)
  const others = [
    { ...signed, method: 'POST' },
    { ...signed, path: '/v2/account?' },
    { ...signed, timestamp: '1786680001' },
    { ...signed, body: ' ' },
  ]
  for (const other of others) expect(await isSigned(secret, other, signature)).toBe(false)
  expect(await isSigned('another-secret', signed, signature)).toBe(false)
  for (
    const wrong of ['', 'x', signature.slice(1), `${signature}00`, signature.replace(/./, 'z')]
  ) {
    expect(await isSigned(secret, signed, wrong)).toBe(false)
  }
})

test('what is signed is what is sent: the query as it stands in the address, the body as it goes out', async () => {
  const ctx = answering(({ method }) =>
    method === 'GET'
      ? { body: { data: [anOrder()], next_cursor: null } }
      : { body: { results: [] } }
  )
  const transport = connect(connection(), ctx)
  await transport.orders({
    ...{ updatedFrom: '2026-08-13T04:00:00+05:30', updatedTo: start.toISOString() },
    ...{ cursor: 'a b/+=&', limit: 100 },
  })
  await transport.accept(['184000000000000001_1'])
  expect(ctx.requests).toHaveLength(2)
  for (const { method, url, headers, body = '' } of ctx.requests) {
    expect(headers['x-api-key']).toBe('key-of-the-supplier')
    expect(headers['x-supplier-identifier']).toBe('SUP100001')
    expect(headers['x-timestamp']).toBe(String(start.getTime() / 1000))
    const signed = {
      ...{ method, path: url.pathname + url.search, body },
      timestamp: headers['x-timestamp'] ?? '',
    }
    expect(await isSigned(secret, signed, headers['x-signature'] ?? '')).toBe(true)
  }
  expect(ctx.requests[0]?.url.searchParams.get('cursor')).toBe('a b/+=&')
  expect(ctx.requests[1]?.headers['content-type']).toBe('application/json')
})

test.each([
  [401, 'SIGNATURE_MISMATCH', 'auth', 'signature-mismatch'],
  [401, 'UNKNOWN_KEY', 'auth', 'unknown-key'],
  // a clock that is wrong says nothing about the credentials
  [401, 'TIMESTAMP_SKEW', 'unavailable', 'clock-skew'],
  [401, 'OTHER_WORD', 'auth', undefined],
  [400, 'BAD_CURSOR', 'rejected', 'bad-cursor'],
  [404, 'NOT_FOUND', 'rejected', 'not-found'],
  [409, 'INVALID_STATE', 'rejected', 'invalid-state'],
  [410, 'EXPIRED', 'rejected', 'expired'],
  [422, 'WRONG_LOCATION', 'rejected', 'wrong-location'],
  [429, 'RATE_LIMITED', 'rate-limit', undefined],
  [500, 'INTERNAL', 'unavailable', undefined],
  [503, 'UNAVAILABLE', 'unavailable', undefined],
])('%i %s is %s', async (status, code, kind, told) => {
  const ctx = answering(() => refusal(status, code))
  const failed = await failureIn(connect(connection(), ctx).account())
  expect(failed?.kind).toBe(kind)
  expect(failed?.code).toBe(told)
  expect(failed?.message).not.toBe('')
})
