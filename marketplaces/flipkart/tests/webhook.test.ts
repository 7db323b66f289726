import type { Push } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { notifications } from '../webhook.ts'
import { connection } from './support.ts'

// the sample in Flipkart's documentation
const secret = '669a57f4-fe05-11e4-a322-1697f925ec7b'
const appId = '6113ca4a-fe05-11e4-a322-1697f925ec7b'
const signature = '83762abd87b41e66ddd58320a4e803251e72b776'
const date = 'Tue, 19 May 2015 09:02:15 GMT'
const now = new Date('2015-05-19T10:00:00Z')
const address = 'http://seller.api.pilotseller.com/notify/fki'

const account = connection({ details: { app_id: appId }, credentials: { app_secret: secret } })
const registered = { ...account, details: { ...account.details, notification_url: address } }
const push = (more: Readonly<Record<string, string>> = {}, path = '/notify/fki'): Push => ({
  ...{ method: 'POST', path, body: '{}' },
  headers: {
    host: 'seller.api.pilotseller.com',
    'x_date': date,
    'x_authorization': `FKLOGIN ${btoa(`${appId}:${signature}`)}`,
    ...more,
  },
})
const hex = async (text: string): Promise<string> =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text)))]
    .map((byte) => byte.toString(16).padStart(2, '0')).join('')
const signed = async (text: string): Promise<Push> =>
  push({ 'x_authorization': `FKLOGIN ${btoa(`${appId}:${await hex(text)}`)}` })

test("Flipkart's own sample is Flipkart's", async () => {
  expect(await notifications.verify(push(), registered, now)).toBe(true)
})

test('so is what is signed with the text of the date, and for the address as it was asked', async () => {
  const url = 'https://seller.api.pilotseller.com/notify/fki'
  expect(await notifications.verify(await signed(`${date}${url}POST${secret}`), account, now))
    .toBe(true)
  expect(await notifications.verify(await signed(`1432026135${url}POST${secret}`), account, now))
    .toBe(true)
})

test('a secret of its own takes the place of the application’s', async () => {
  const other = { ...registered, credentials: { ...account.credentials, notification_secret: 's' } }
  expect(await notifications.verify(push(), other, now)).toBe(false)
  expect(await notifications.verify(await signed(`1432026135${address}POSTs`), other, now))
    .toBe(true)
})

test.each<readonly [string, Push]>([
  [
    'another signature',
    push({ 'x_authorization': `FKLOGIN ${btoa(`${appId}:${'0'.repeat(40)}`)}` }),
  ],
  ['another application', push({ 'x_authorization': `FKLOGIN ${btoa(`app:${signature}`)}` })],
  ['no signature', push({ 'x_authorization': '' })],
  ['no base64', push({ 'x_authorization': 'FKLOGIN ==x==' })],
  ['another scheme', push({ 'x_authorization': `Basic ${btoa(`${appId}:${signature}`)}` })],
  ['another date', push({ 'x_date': 'Tue, 19 May 2015 09:02:16 GMT' })],
  ['no date', push({ 'x_date': '' })],
  ['another method', { ...push(), method: 'PUT' }],
])('a push with %s is refused', async (_what, one) => {
  expect(await notifications.verify(one, registered, now)).toBe(false)
})

test('a push of last month is refused', async () => {
  expect(await notifications.verify(push(), registered, new Date('2015-06-19T10:00:00Z'))).toBe(
    false,
  )
})

const event = { eventType: 'shipment_packed', shipmentId: 'S1', timestamp: '2026-08-01T10:00:00Z' }
test.each<readonly [unknown, object | null]>([
  [event, { id: 'shipment_packed/S1/2026-08-01T10:00:00Z', target: 'ORDERS' }],
  [
    { ...event, eventType: 'return_completed', shipmentId: undefined, returnId: 'R1' },
    { id: 'return_completed/R1/2026-08-01T10:00:00Z', target: 'RETURNS' },
  ],
  [{ ...event, eventType: 'weather_changed' }, null],
  [{ ...event, shipmentId: 'Asha Rao' }, null],
  [{}, null],
  [null, null],
  ['x', null],
])('the event %j', (body, wanted) => {
  const note = notifications.read(body)
  if (wanted === null) expect(note).toBeNull()
  else expect(note).toMatchObject(wanted)
})
