/** Pushes: believed by their signature alone, within five minutes, and never for their data. */
import type { Push } from 'robnu/plugin'
import { expect, test } from 'vitest'
import meesho from '../mod.ts'
import { anEvent, connection } from './support.ts'

const [webhook] = meesho.webhooks ?? []
if (!webhook) throw new Error('there is no webhook')
const at = new Date(1_786_680_000_000)
const body = JSON.stringify(anEvent())
// by OpenSSL, over "POST\n/webhooks/meesho\n1786680000\nsha256hex(body)"
const signature = '840b16838ea437991574a8bde92eb2fdcb094c02f11b6180c96b48d88b82f83f'

const push = (more: Partial<Push> & { readonly headers?: Push['headers'] } = {}): Push => ({
  method: 'POST',
  path: '/webhooks/meesho/11111111-1111-8111-8111-111111111111',
  body,
  ...more,
  headers: {
    'x-supplier-identifier': 'SUP100001',
    'x-timestamp': '1786680000',
    'x-signature': signature,
    ...more.headers,
  },
})
const later = (seconds: number): Date => new Date(at.getTime() + seconds * 1000)

test('a push with the signature of the webhook secret is believed', async () => {
  expect(await webhook.verify(push(), connection(), at)).toBe(true)
  // by whatever address of ours it came
  expect(await webhook.verify(push({ path: '/x?y=1' }), connection(), at)).toBe(true)
})

test('a push is refused for another body, signature, supplier, time or secret', async () => {
  const wrong: readonly Push[] = [
    push({ body: body.replace('000017', '000018') }),
    push({ method: 'PUT' }),
    push({ headers: { 'x-signature': signature.replace(/^./, '0') } }),
    push({ headers: { 'x-signature': '' } }),
    push({ headers: { 'x-supplier-identifier': 'SUP100002' } }),
    push({ headers: { 'x-timestamp': '1786680001' } }),
    push({ headers: { 'x-timestamp': 'x' } }),
    { ...push(), headers: {} },
  ]
  for (const one of wrong) expect(await webhook.verify(one, connection(), at)).toBe(false)
  const account = connection()
  const others = [{ webhook_secret: 'another-secret' }, { webhook_secret: null }]
  for (const more of others) {
    const other = { ...account, credentials: { ...account.credentials, ...more } }
    expect(await webhook.verify(push(), other, at)).toBe(false)
  }
})

test('five minutes are allowed in either direction, and not a second more', async () => {
  for (const seconds of [-300, 300]) {
    expect(await webhook.verify(push(), connection(), later(seconds))).toBe(true)
  }
  for (const seconds of [-301, 301]) {
    expect(await webhook.verify(push(), connection(), later(seconds))).toBe(false)
  }
})

test('an event says where to look, by its own id', () => {
  const id = 'ev-1-000017'
  const note = { id, externalAccountId: 'SUP100001', target: 'ORDERS' }
  expect(webhook.read(anEvent())).toEqual(note)
  expect(webhook.read({ ...anEvent(), type: 'ORDER_CREATED', data: 'x' })).toEqual(note)
  expect(webhook.read({ ...anEvent(), type: 'RETURN_UPDATED' }))
    .toEqual({ ...note, target: 'RETURNS' })
})

test('an event of an unknown kind, or without its members, is nothing to look for', () => {
  for (const type of ['PRICE_CHANGED', 'toString', '']) {
    expect(webhook.read({ ...anEvent(), type })).toBeNull()
  }
  for (const member of ['event_id', 'type', 'supplier_identifier']) {
    expect(webhook.read({ ...anEvent(), [member]: undefined })).toBeNull()
    expect(webhook.read({ ...anEvent(), [member]: 'a b' })).toBeNull()
  }
  for (const strange of [null, 7, 'x', []]) expect(webhook.read(strange)).toBeNull()
})
