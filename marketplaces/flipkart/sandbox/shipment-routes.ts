/** Shipments: lists, details, writes, papers, hand-over. */
import { hashOf, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import { type ApiOptions, createGuard, idsOf, isRefusal, jsonOf, malformed } from './api.ts'
import { invoiceOf, labelOf, manifestOf, pdf } from './documents.ts'
import { livingOf, type Seller, type Shipment } from './model.ts'
import { FilterAsk, filterShipments } from './pages.ts'
import { timeOfDay, timeText } from './times.ts'
import { notFound, ok, refused, wireDetails } from './wire.ts'

const root = '/sellers/v3/shipments'
const papered: ReadonlySet<string> = new Set([
  ...['PACKED', 'READY_TO_DISPATCH', 'PICKUP_COMPLETE', 'SHIPPED', 'DELIVERED'],
])

export const shipmentRoutes = (options: ApiOptions): readonly SandboxRoute[] => {
  const { world, tokens, faults, run } = options
  const guard = createGuard(options)
  const seenAt = () => world.at() - faults.lagMs()

  const page = (seller: Seller, ask: FilterAsk, after?: readonly [number, string]) => {
    const { rows, hasMore } = filterShipments(seller, ask, seenAt(), after)
    const views = rows.map(({ view }) => view())
    const [first] = rows
    const last = rows.at(-1)
    // the row that is told first goes to the end before the next page is asked for
    if (first && faults.shiftsPages()) run('touch', seller.id, { id: first.shipment.id })
    const next = hasMore && last ? tokens.make(seller, ask, last.place, world.at()) : undefined
    return ok({
      hasMore,
      ...(next === undefined
        ? {}
        : { nextPageUrl: `/v3/shipments/filter?next_token=${encodeURIComponent(next)}` }),
      shipments: faults.pushed('filter', views),
    })
  }
  const write = (path: string, operation: string) =>
    guard('POST', `${root}${path}`, operation, 'orders', (seller, { body, params }) => {
      const json = jsonOf(body)
      return json ? run(operation, seller.id, { ...json, ...params }) as SandboxAnswer : malformed()
    })
  const paper = (method: string, path: string, operation: string, most: number, lines: Lines) =>
    guard(method, `${root}/{ids}${path}`, operation, 'orders', (seller, { params }) => {
      const ids = idsOf(params['ids'] ?? '', most)
      if (isRefusal(ids)) return ids
      const found = ids.map((id) => seller.shipments.get(id))
      const all = found.filter((one) => one !== undefined)
      if (all.length < found.length) return notFound('A shipment is not known')
      if (all.some(({ state }) => !papered.has(state))) {
        return refused(422, 'INVALID_ITEM_STATE', 'A shipment is not packed yet')
      }
      if (operation !== 'invoices') run('labelFetched', seller.id, { ids })
      return pdf(all.flatMap((one) => lines(seller, one)))
    })
  const label: Lines = (seller, one) => labelOf(seller, one, world.seed)

  return [
    ...guard('POST', `${root}/filter`, 'filter', 'orders', (seller, { body }) => {
      const asked = FilterAsk.safeParse(jsonOf(body))
      return asked.success ? page(seller, asked.data) : malformed(z.prettifyError(asked.error))
    }),
    ...guard('GET', `${root}/filter`, 'filter', 'orders', (seller, { url }) => {
      const token = url.searchParams.get('next_token') ?? ''
      const found = tokens.read(seller, token, world.at())
      if (!found) return refused(400, 'INVALID_PAGE_TOKEN', 'The page token is dead', 'next_token')
      return page(seller, FilterAsk.parse(found.ask), found.place)
    }),
    ...guard('GET', root, 'shipments', 'orders', (seller, request) => {
      const found = chosen(seller, request)
      if (isRefusal(found)) return found
      return ok({
        shipments: found.flatMap((one) => {
          const face = seller.views.shipments.seen(one, seenAt())
          return face ? [face.view()] : []
        }),
      })
    }),
    ...guard('GET', `${root}/handover/counts`, 'handover', 'orders', (seller, { url }) => {
      const location = url.searchParams.get('locationId') ?? seller.location
      const from = timeOfDay(world.at(), 18)
      return ok([...groupsOf(seller, location)].map(([courier, shipments]) => ({
        vendorGroupCode: courier,
        count: shipments.length,
        pickUpDate: { from: timeText(from), to: timeText(timeOfDay(world.at(), 21)) },
        otc: { code: String(1000 + hashOf(world.seed, courier) % 9000), error_code: null },
        isMps: false,
      })))
    }),
    ...guard('GET', `${root}/otc/{ids}`, 'otc', 'orders', (seller, { params, url }) => {
      const ids = idsOf(params['ids'] ?? '', 25)
      if (isRefusal(ids)) return ids
      if (ids.some((id) => id !== seller.location)) return notFound('A location is not known')
      const code = String(100_000 + hashOf(world.seed, `otc/${seller.id}`) % 900_000)
      const requestType = url.searchParams.get('requestType') ?? 'RETURN'
      const otc = [{ code, type: 'RETURN', vendor: 'E-Kart Logistics' }]
      return ok({ otcs: ids.map(() => ({ status: 'SUCCESS', requestType, otc })) })
    }),
    ...guard('POST', `${root}/manifest`, 'manifest', 'orders', (seller, { body }) => {
      const asked = Manifest.safeParse(jsonOf(body))
      if (!asked.success) return malformed(z.prettifyError(asked.error))
      const { vendorGroupCode: courier, locationId } = asked.data.params
      const shipments = groupsOf(seller, locationId ?? seller.location).get(courier)
      if (!shipments) return notFound('Nothing is ready for this courier')
      run('manifested', seller.id, { ids: shipments.map(({ id }) => id) })
      return pdf(manifestOf(seller, courier, shipments, world.at()))
    }),
    ...write('/labels', 'pack'),
    ...write('/forms/updateAck', 'updateAck'),
    ...write('/dispatch', 'dispatch'),
    ...write('/cancel', 'cancel'),
    ...write('/selfShip/dispatch', 'selfDispatch'),
    ...write('/selfShip/delivery', 'selfDeliver'),
    ...write('/selfShip/deliveryAttempt', 'selfAttempt'),
    ...write('/{shipmentId}/update', 'updateTracking'),
    ...guard('POST', `${root}/{ids}/forms`, 'forms', 'orders', (seller, { params }) => {
      const ids = idsOf(params['ids'] ?? '', 100)
      return isRefusal(ids) ? ids : run('forms', seller.id, { ids }) as SandboxAnswer
    }),
    ...paper('GET', '/labels', 'labels', 25, (seller, one) => [
      ...label(seller, one),
      ...invoiceOf(seller, one),
    ]),
    ...paper('POST', '/labelOnly', 'labelOnly', 50, label),
    ...paper('POST', '/labelOnly/pdf', 'labelOnly', 50, label),
    ...paper('GET', '/invoices', 'invoices', 25, invoiceOf),
    ...guard('GET', `${root}/{ids}`, 'details', 'orders', (seller, { params }) => {
      const ids = idsOf(params['ids'] ?? '', 100)
      if (isRefusal(ids)) return ids
      return ok({
        shipments: ids.flatMap((id) => {
          const one = seller.shipments.get(id)
          const face = one && seller.views.shipments.seen(one, seenAt())
          return one && face ? [wireDetails(one, face.view(), seller, world.seed)] : []
        }),
      })
    }),
  ]
}

type Lines = (seller: Seller, shipment: Shipment) => readonly string[]

const Manifest = z.object({
  params: z.object({
    vendorGroupCode: z.string().min(1),
    locationId: z.string().optional(),
    pickupDate: z.object({ from: z.string(), to: z.string() }).optional(),
    is_mps: z.boolean().optional(),
  }),
})

/** By shipments, items or orders: exactly one kind of ids. */
const chosen = (
  seller: Seller,
  { url }: SandboxRequest,
): readonly Shipment[] | SandboxAnswer => {
  const kinds = (['shipmentIds', 'orderItemIds', 'orderIds'] as const)
    .filter((name) => url.searchParams.has(name))
  const [kind] = kinds
  if (!kind || kinds.length > 1) return malformed('Give ids of one kind')
  const ids = idsOf(url.searchParams.get(kind) ?? '', 100)
  if (isRefusal(ids)) return ids
  if (kind === 'shipmentIds') return ids.flatMap((id) => seller.shipments.get(id) ?? [])
  if (kind === 'orderIds') return ids.flatMap((id) => seller.orders.get(id)?.shipments ?? [])
  const asked = new Set(ids)
  return [...seller.shipments.values()].filter(({ items }) => items.some(({ id }) => asked.has(id)))
}

/** What is ready to be handed over, by courier. */
const groupsOf = (seller: Seller, location: string): ReadonlyMap<string, readonly Shipment[]> =>
  Map.groupBy(
    [...seller.shipments.values()].filter((one) =>
      one.state === 'READY_TO_DISPATCH' && one.location === location && livingOf(one).length > 0
    ),
    ({ courier }) => courier ?? 'SELF',
  )
