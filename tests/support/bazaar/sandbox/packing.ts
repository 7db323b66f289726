/** Parcels and lots as Bazaar keeps them. It knows no idempotency: a request that comes twice acts twice. */
import { type ControlVerb, controlVerb, textPdf } from 'robnu/testing'
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Books } from './books.ts'
import type { SignIn } from './sign-in.ts'

interface Parcel {
  readonly parcel: string
  readonly number: string
  readonly invoice: string
  readonly courier: string
  readonly waybill: string
  readonly changed_at: string
  readonly lines: readonly { readonly line_id: string; readonly pieces: number }[]
}
interface Lot {
  readonly lot: string
  readonly reference: string
  closed: boolean
  day: string | null
  changed_at: string
  parcels: readonly string[]
}
interface Desk {
  readonly parcels: Parcel[]
  readonly lots: Lot[]
  readonly confirmed: Map<string, { readonly line_id: string; readonly pieces: number }[]>
  /** How often each write was carried out. */
  readonly writes: Record<string, number>
}

const Lines = z.array(z.object({ line_id: z.string(), pieces: z.number().int() }))
const Confirm = z.object({ lines: Lines })
const Pack = z.object({ invoice: z.string().min(1), lines: Lines })
const Add = z.object({
  parcels: z.array(z.string()),
  take_out: z.array(z.string()).default([]),
})
const Open = z.object({ reference: z.string() })
const Shop = z.strictObject({ shop: z.string() })
const Wrong = z.strictObject({ shop: z.string(), number: z.string().nullable() })

export const createPacking = ({ host, books, signIn, now }: {
  readonly host: string
  readonly books: ReadonlyMap<string, Books>
  readonly signIn: SignIn
  readonly now: () => number
}): {
  readonly routes: readonly SandboxRoute[]
  readonly verbs: Readonly<Record<string, ControlVerb>>
} => {
  const desks = new Map<string, Desk>(
    [...books.keys()].map((shop) => [
      shop,
      { parcels: [], lots: [], confirmed: new Map(), writes: {} },
    ]),
  )
  // labels of this order say one piece too many
  const wrongLabels = new Map<string, string | null>()
  const at = () => new Date(now()).toISOString()
  const count = ({ writes }: Desk, what: string) => void (writes[what] = (writes[what] ?? 0) + 1)
  const orderOf = (shop: string, number: string) =>
    books.get(shop)?.all().find((order) => order.number === number)

  const standing = (desk: Desk, shop: string, number: string): SandboxAnswer => {
    const order = orderOf(shop, number)
    if (!order) return refused(404, 'no-such-order')
    const parcel = desk.parcels.find((one) => one.number === number) ?? null
    return ok({ state: order.state, parcel })
  }
  const confirm = (desk: Desk, shop: string, number: string, body: string): SandboxAnswer => {
    const order = orderOf(shop, number)
    if (!order) return refused(404, 'no-such-order')
    if (order.state === 'held') return refused(409, 'on-hold')
    if (order.state !== 'placed') return refused(409, 'not-open')
    const { lines } = Confirm.parse(JSON.parse(body))
    count(desk, 'confirm')
    desk.confirmed.set(number, lines)
    books.get(shop)?.change(number, { state: 'confirmed' }, at())
    return standing(desk, shop, number)
  }
  const pack = (desk: Desk, shop: string, number: string, body: string): SandboxAnswer => {
    const order = orderOf(shop, number)
    if (order?.state === 'cancelled') return refused(409, 'cancelled')
    if (order?.state !== 'confirmed' && order?.state !== 'packed') {
      return refused(409, 'not-confirmed')
    }
    const { invoice, lines } = Pack.parse(JSON.parse(body))
    count(desk, 'pack')
    const id = desk.parcels.length + 1
    const parcel: Parcel = {
      ...{ parcel: `P-${shop.slice(-4)}-${id}`, number, invoice, courier: 'Swift', lines },
      ...{ waybill: `77${shop.slice(-4)}${String(id).padStart(6, '0')}`, changed_at: at() },
    }
    desk.parcels.push(parcel)
    books.get(shop)?.change(number, { state: 'packed' }, at())
    return ok(parcel)
  }
  const label = (desk: Desk, shop: string, id: string): SandboxAnswer => {
    const parcel = desk.parcels.find((one) => one.parcel === id)
    if (!parcel) return refused(404, 'no-such-parcel')
    const order = orderOf(shop, parcel.number)
    const more = wrongLabels.get(shop) === parcel.number ? 1 : 0
    return pdf([
      `Order ${parcel.number}   AWB ${parcel.waybill}`,
      ...parcel.lines.map(({ line_id, pieces }) => {
        const sku = order?.lines.find((line) => line.line_id === line_id)?.sku
        return `SKU ${sku}   Line ${line_id}   Qty ${pieces + more}`
      }),
    ])
  }
  const open = (desk: Desk, shop: string, body: string): SandboxAnswer => {
    const { reference } = Open.parse(JSON.parse(body))
    count(desk, 'openLot')
    const lot: Lot = {
      ...{ lot: `LOT-${shop.slice(-4)}-${desk.lots.length + 1}`, reference, closed: false },
      ...{ day: null, changed_at: at(), parcels: [] },
    }
    desk.lots.push(lot)
    return ok(lot)
  }
  const add = (desk: Desk, lot: Lot, body: string): SandboxAnswer => {
    if (lot.closed) return refused(409, 'lot-closed')
    count(desk, 'addToLot')
    const { parcels, take_out } = Add.parse(JSON.parse(body))
    lot.parcels = [...lot.parcels.filter((parcel) => !take_out.includes(parcel)), ...parcels]
    lot.changed_at = at()
    return ok(lot)
  }
  const close = (desk: Desk, lot: Lot): SandboxAnswer => {
    if (lot.parcels.length === 0) return refused(409, 'lot-empty')
    if (!lot.closed) {
      count(desk, 'closeLot')
      Object.assign(lot, { closed: true, day: at().slice(0, 10), changed_at: at() })
    }
    return ok(lot)
  }

  const route = (
    method: string,
    path: string,
    operation: string,
    handle: (desk: Desk, shop: string, request: SandboxRequest) => SandboxAnswer,
  ): SandboxRoute => ({
    ...{ method, host, operation, path: `/v3/shops/{shop}${path}` },
    handle: (request) => {
      const shop = request.params['shop'] ?? ''
      const desk = desks.get(shop)
      if (!desk) return refused(404, 'no-such-shop')
      if (!signIn.admits(request, shop)) return { status: 401, body: { error: 'sign-in' } }
      return handle(desk, shop, request)
    },
  })
  const ofLot = (work: (desk: Desk, lot: Lot, body: string) => SandboxAnswer) =>
  (
    desk: Desk,
    _shop: string,
    { params, body }: SandboxRequest,
  ): SandboxAnswer => {
    const lot = desk.lots.find((one) => one.lot === params['lot'])
    return lot ? work(desk, lot, body) : refused(404, 'no-such-lot')
  }
  return {
    routes: [
      route(
        'GET',
        '/orders/{number}/standing',
        'standing',
        (desk, shop, { params }) => standing(desk, shop, params['number'] ?? ''),
      ),
      route(
        'POST',
        '/orders/{number}/confirm',
        'confirm',
        (desk, shop, { params, body }) => confirm(desk, shop, params['number'] ?? '', body),
      ),
      route(
        'POST',
        '/orders/{number}/pack',
        'pack',
        (desk, shop, { params, body }) => pack(desk, shop, params['number'] ?? '', body),
      ),
      route(
        'GET',
        '/parcels/{parcel}/label',
        'label',
        (desk, shop, { params }) => label(desk, shop, params['parcel'] ?? ''),
      ),
      route('POST', '/lots', 'openLot', (desk, shop, { body }) => open(desk, shop, body)),
      route(
        'GET',
        '/lots',
        'lots',
        (desk, _shop, { url }) =>
          ok(desk.lots.filter((lot) => lot.reference === url.searchParams.get('reference'))),
      ),
      route('GET', '/lots/{lot}', 'lots', ofLot((_desk, lot) => ok(lot))),
      route('POST', '/lots/{lot}/add', 'addToLot', ofLot(add)),
      route('POST', '/lots/{lot}/close', 'closeLot', ofLot(close)),
      route(
        'GET',
        '/lots/{lot}/paper',
        'lotPaper',
        ofLot((_desk, lot) =>
          lot.closed ? pdf([`LOT ${lot.lot}`, ...lot.parcels]) : refused(404, 'not-ready')
        ),
      ),
    ],
    verbs: {
      packing: controlVerb('parcels, lots and how often each was written', Shop, ({ shop }) => {
        const desk = desks.get(shop)
        return desk && { ...desk, confirmed: Object.fromEntries(desk.confirmed) }
      }),
      wrongLabel: controlVerb('its label says one piece too many', Wrong, ({ shop, number }) => {
        wrongLabels.set(shop, number)
        return { number }
      }),
    },
  }
}

const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
const refused = (status: number, error: string): SandboxAnswer => ({ status, body: { error } })
const pdf = (lines: readonly string[]): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/pdf' },
  bytes: textPdf(lines),
})
