/** A sandbox for one test, asked as Flipkart is asked, with a clock that stands still. */
import { callVerb, type RunningSandbox, type SandboxOptions } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import startSandbox from '../sandbox.ts'

// deno-lint-ignore no-explicit-any -- answers are looked at member by member
export type Json = any

export interface Shop {
  readonly sandbox: RunningSandbox
  readonly id: string
  readonly location: string
  readonly secret: Readonly<
    Record<'app_id' | 'app_secret' | 'access_token' | 'refresh_token', string>
  >
  readonly get: (path: string) => Promise<Answer>
  readonly post: (path: string, body: unknown) => Promise<Answer>
  readonly ask: (path: string, init?: RequestInit) => Promise<Answer>
  readonly control: (verb: string, body?: object) => Promise<Json>
  readonly wait: (seconds: number) => Promise<unknown>
  /** New orders of this shop, ready to be packed. */
  readonly place: (wish?: object) => Promise<Json>
  /** Shipments of an order, as they are told. */
  readonly shipments: (orderId: string) => Promise<Json[]>
}
interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Json
}

export const startShop = async (
  at = 0,
  options: Partial<SandboxOptions> = {},
): Promise<Shop> => {
  const sandbox = await startSandbox({ seed: 7, speed: 0, env: {}, ...options })
  onTestFinished(() => sandbox.stop())
  const account = sandbox.accounts[at] as Json
  const id: string = account.externalAccountId
  const secret = account.credentials
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(sandbox.url + path, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${secret.access_token}` },
      ...init,
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) }
  }
  const control = (verb: string, body: object = {}) => callVerb(sandbox, verb, body)
  const get = (path: string) => ask(`/sellers${path}`)
  return {
    ...{ sandbox, id, secret, ask, get, control },
    location: account.details.location_ids[0],
    post: (path, body) =>
      ask(`/sellers${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${secret.access_token}` },
      }),
    wait: (seconds) => control('clock', { bySeconds: seconds }),
    place: (wish = {}) => control('createOrders', { account: id, packSeconds: 5, ...wish }),
    shipments: async (orderId) => (await get(`/v3/shipments?orderIds=${orderId}`)).json.shipments,
  }
}

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a seller's system sends to have a shipment packed. */
export const packing = (shipment: Json, more: object = {}): Json => ({
  shipmentId: shipment.shipmentId,
  locationId: shipment.locationId,
  taxItems: shipment.orderItems.filter(({ status }: Json) => status !== 'CANCELLED')
    .map(({ orderItemId, quantity }: Json) => ({ orderItemId, taxRate: 5, quantity })),
  serialNumbers: [],
  invoices: [{
    orderId: shipment.orderItems[0].orderId,
    invoiceDate: '2026-08-14',
    invoiceNumber: 'FK1-0001',
  }],
  subShipments: shipment.subShipments.map(({ subShipmentId }: Json) => ({
    subShipmentId,
    dimensions: { length: 30, breadth: 20, height: 5, weight: 0.4 },
  })),
  ...more,
})

/** One order, packed, with its label fetched. */
export const packed = async (shop: Shop, wish: object = {}): Promise<Json> => {
  const { orderIds: [orderId] } = await shop.place(wish)
  const shipments = await shop.shipments(orderId)
  await shop.post('/v3/shipments/labels', { shipments: shipments.map((one) => packing(one)) })
  await shop.wait(10)
  const ids = shipments.map(({ shipmentId }) => shipmentId).join(',')
  await shop.get(`/v3/shipments/${ids}/labels`)
  return { orderId, shipmentId: shipments[0].shipmentId, ids }
}

/** All rows of a list, page after page. */
export const walk = async (shop: Shop, filter: object): Promise<Json[]> => {
  let page = (await shop.post('/v3/shipments/filter', { filter })).json
  const rows = [...page.shipments]
  while (page.hasMore) {
    page = (await shop.get(page.nextPageUrl)).json
    rows.push(...page.shipments)
  }
  return rows
}
