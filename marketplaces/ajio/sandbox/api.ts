/** The gateway as it answers: whose token it is, how often it was asked, and then the thing itself. */
import type { Buckets, Faults, SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { ChangeLog } from './change-log.ts'
import { mismatch, type Run } from './commands.ts'
import { billToOf, manifestPaper, paperNames, paperOf } from './documents.ts'
import { manifestOr404 } from './manifests.ts'
import type { Pob } from './model.ts'
import type { Sessions } from './session.ts'
import { getStock } from './stock.ts'
import { notFound, ok, refused, settlementNo, wireManifest, wireParcel } from './wire.ts'
import type { World } from './world.ts'

export interface ApiOptions {
  readonly host: string
  readonly world: World
  readonly sessions: Sessions
  readonly buckets: Buckets
  readonly faults: Faults
  readonly now: () => number
  readonly run: Run
}
/** A request of somebody who may ask. */
type Answer = (pob: Pob, request: SandboxRequest) => SandboxAnswer

export const createRoutes = (options: ApiOptions): SandboxRoute[] => {
  const { host, world, sessions, buckets, faults, now, run } = options
  const seenAt = () => world.at() - faults.lagMs()

  const guarded =
    (operation: string, bucket: string, answer: Answer) => (request: SandboxRequest) => {
      world.catchUp(now())
      const [scheme, token = ''] = (request.header('authorization') ?? '').split(' ')
      const found = sessions.open(scheme === 'Bearer' ? token : '', now())
      if ('code' in found) return refused(401, found.code, 'The access token opens nothing.')
      const { pob } = found
      if (
        request.header('x-pob-id') !== pob.id || request.header('x-store-code') !== pob.storeCode
      ) {
        return mismatch()
      }
      count(pob, operation)
      return buckets.take(bucket, pob.id) ? answer(pob, request) : throttled(buckets, bucket)
    }
  const read = (path: string, operation: string, bucket: string, answer: Answer): SandboxRoute => ({
    method: 'GET',
    ...{ path, host, operation },
    handle: guarded(operation, bucket, answer),
  })
  const write = (method: string, path: string, operation: string, bucket = 'write') => ({
    ...{ method, path, host, operation },
    handle: guarded(operation, bucket, (pob, { params, body }) => {
      const json = jsonOf(body)
      if (!json) return refused(400, 'MALFORMED', 'The body is no JSON object.')
      return run(operation, pob.id, { ...json, ...params }) as SandboxAnswer
    }),
  })

  const list =
    <K extends keyof Pob['logs']>(kind: K, keyOf: (thing: Listed<K>) => string): Answer =>
    (pob, { url }) => {
      const asked = Listing.safeParse(Object.fromEntries(url.searchParams))
      if (!asked.success) return refused(400, 'MALFORMED', z.prettifyError(asked.error))
      const { status, updatedFrom, updatedTo, page, size } = asked.data
      const log = pob.logs[kind] as unknown as ChangeLog<Listed<K>>
      const { things, content, total } = log.page({
        from: updatedFrom ? Date.parse(updatedFrom) : -Infinity,
        to: updatedTo ? Date.parse(updatedTo) : Infinity,
        seenAt: seenAt(),
        ...(status ? { word: status } : {}),
        ...{ page, size },
      })
      const [first] = things
      // the row that is told first goes to the end before the next page is asked for
      if (first && faults.shiftsPages()) run('touch', pob.id, { kind, key: keyOf(first) })
      return ok({
        content: faults.pushed(kind, content),
        ...{ page, totalPages: Math.ceil(total / size), totalElements: total },
      })
    }

  return [
    {
      ...{ method: 'POST', path: '/vms/session/refresh', host, operation: 'refresh' },
      handle: ({ body }) => {
        const json = jsonOf(body)
        const holder = sessions.holderOf(String(json?.['refresh_token'] ?? ''))
        if (!json || !holder) return refused(401, 'SESSION_DEAD', 'The session is over.')
        count(holder, 'refresh')
        if (!buckets.take('session', holder.id)) return throttled(buckets, 'session')
        return run('refresh', holder.id, json) as SandboxAnswer
      },
    },
    read('/vms/session', 'session', 'session', (pob) =>
      ok({
        pobId: pob.id,
        storeCode: pob.storeCode,
        storeName: pob.storeName,
        gstin: pob.gstin,
        model: pob.model,
        returnModel: pob.returnModel,
      })),
    read('/vms/orders', 'orders', 'orders', list('orders', ({ no }) => no)),
    read('/vms/orders/{id}', 'order', 'orders', (pob, { params }) => {
      const order = pob.orders.get(params.id ?? '')
      const view = order && pob.logs.orders.view(order, seenAt())
      return view ? ok(view) : notFound()
    }),
    read('/vms/orders/{poNo}/b2b-info', 'b2bInfo', 'orders', (pob, { params }) => {
      const order = pob.byPo.get(params.poNo ?? '')
      if (!order) return notFound()
      if (order.poReadyAt > world.at()) {
        return refused(409, 'PO_NOT_READY', 'The PO is not complete yet.')
      }
      return ok({ poNo: order.poNo, ready: true, billTo: billToOf(order) })
    }),
    write('POST', '/vms/orders/acknowledge', 'acknowledge'),
    write('POST', '/vms/orders/{id}/cancel', 'cancel'),
    write('POST', '/vms/shipments', 'createShipment'),
    read('/vms/shipments/{id}', 'shipment', 'orders', (pob, { params }) => {
      const parcel = pob.parcels.get(params.id ?? '')
      return parcel ? ok({ ...wireParcel(parcel), custOrderNo: parcel.order.no }) : notFound()
    }),
    ...paperNames.map((name) =>
      read(`/vms/shipments/{id}/${name}`, 'document', 'documents', (pob, { params }) => {
        const parcel = pob.parcels.get(params.id ?? '')
        return parcel ? paperOf(pob, parcel, name, world.at()) : notFound()
      })
    ),
    write('POST', '/vms/manifests', 'createManifest'),
    read('/vms/manifests', 'manifests', 'orders', (pob, { url }) => {
      const reference = url.searchParams.get('reference')
      const found = [...pob.manifests.values()].filter((one) => one.reference === reference)
      return ok({ content: found.map(wireManifest) })
    }),
    write('POST', '/vms/manifests/{id}/shipments', 'manifestShipments'),
    write('POST', '/vms/manifests/{id}/close', 'closeManifest'),
    read(
      '/vms/manifests/{id}',
      'manifest',
      'orders',
      (pob, { params }) =>
        manifestOr404(pob, params.id ?? '', (manifest) => ok(wireManifest(manifest))),
    ),
    read(
      '/vms/manifests/{id}/document',
      'manifestDocument',
      'documents',
      (pob, { params }) =>
        manifestOr404(pob, params.id ?? '', (manifest) => manifestPaper(pob, manifest, world.at())),
    ),
    read('/vms/returns', 'returns', 'returns', list('returns', ({ no }) => no)),
    write('POST', '/vms/returns/{id}/processed', 'processed'),
    read('/vms/settlements', 'settlements', 'settlements', list('settlements', settlementNo)),
    write('PUT', '/vms/inventory', 'putInventory', 'inventory'),
    read(
      '/vms/inventory',
      'getInventory',
      'inventory',
      (pob, { url }) => getStock(pob, url.searchParams),
    ),
  ]
}

type Listed<K extends keyof Pob['logs']> = Pob['logs'][K] extends ChangeLog<infer T> ? T : never

const Listing = z.object({
  status: z.string().optional(),
  updatedFrom: z.iso.datetime({ offset: true }).optional(),
  updatedTo: z.iso.datetime({ offset: true }).optional(),
  page: z.coerce.number().int().min(0).default(0),
  size: z.coerce.number().int().min(1).max(100).default(50),
})

const count = (pob: Pob, operation: string): void => {
  pob.asked.set(operation, (pob.asked.get(operation) ?? 0) + 1)
}

const throttled = (buckets: Buckets, bucket: string): SandboxAnswer => {
  const rate = buckets.limitOf(bucket)?.ratePerSecond || 1
  return tooMany(Math.max(1, Math.ceil(1 / rate)))
}
export const tooMany = (seconds: number): SandboxAnswer => ({
  ...refused(429, 'THROTTLED', 'Too many requests.'),
  headers: { 'retry-after': String(seconds) },
})

const jsonOf = (body: string): Record<string, unknown> | undefined => {
  try {
    const json: unknown = body === '' ? {} : JSON.parse(body)
    return json && typeof json === 'object' && !Array.isArray(json)
      ? json as Record<string, unknown>
      : undefined
  } catch {
    return undefined
  }
}
