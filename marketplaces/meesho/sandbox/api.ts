/** The gateway as it answers: whose request it is, how often it was asked, and then the thing itself. */
import type { Buckets, Faults, SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { ChangeLog } from './change-log.ts'
import type { Run } from './commands.ts'
import { fetchFile, filesHost, type MadeFiles } from './files.ts'
import { jobOf } from './labels.ts'
import { manifestOf } from './manifests.ts'
import type { Order, Return, Supplier } from './model.ts'
import { listPayments } from './payments.ts'
import { holderOf } from './signing.ts'
import { ok, refused } from './wire.ts'
import type { World } from './world.ts'

/** One bucket for all that a supplier asks. */
const bucket = 'gateway'
export const rates = { [bucket]: { ratePerSecond: 5, burst: 10 } }

export interface ApiOptions {
  readonly host: string
  readonly world: World
  readonly buckets: Buckets
  readonly faults: Faults
  readonly skewMs: number
  readonly now: () => number
  readonly run: Run
}
/** A request of somebody who may ask. */
type Answer = (supplier: Supplier, request: SandboxRequest) => SandboxAnswer

export const createRoutes = (options: ApiOptions): SandboxRoute[] => {
  const { host, world, buckets, faults, skewMs, now, run } = options
  const made: MadeFiles = new Map()
  const seenAt = () => world.at() - faults.lagMs()

  const guarded = (operation: string, answer: Answer) => (request: SandboxRequest) => {
    world.catchUp(now())
    const found = holderOf(world, request, now(), skewMs)
    if ('refusal' in found) return found.refusal
    const { supplier } = found
    supplier.asked.set(operation, (supplier.asked.get(operation) ?? 0) + 1)
    if (buckets.take(bucket, supplier.id)) return answer(supplier, request)
    return tooMany(1 / (buckets.limitOf(bucket)?.ratePerSecond || 1))
  }
  const read = (path: string, operation: string, answer: Answer): SandboxRoute => ({
    method: 'GET',
    ...{ path, host, operation },
    handle: guarded(operation, answer),
  })
  const write = (method: string, path: string, operation: string): SandboxRoute => ({
    ...{ method, path, host, operation },
    handle: guarded(operation, ({ id }, { body }) => {
      const json = jsonOf(body)
      if (!json) return refused(400, 'MALFORMED', 'The body is no JSON object.')
      return run(operation, id, json) as SandboxAnswer
    }),
  })

  const list = <K extends 'orders' | 'returns'>(kind: K): Answer => (supplier, { url }) => {
    const asked = Listing.safeParse(Object.fromEntries(url.searchParams))
    if (!asked.success) return refused(400, 'MALFORMED', z.prettifyError(asked.error))
    const { updated_from: from, updated_to: to, status, limit, cursor } = asked.data
    const after = cursor === undefined ? 0 : placeOf(kind, cursor)
    if (after === undefined) return refused(400, 'BAD_CURSOR', 'Begin the walk anew.')
    const log = supplier.logs[kind] as ChangeLog<Order | Return>
    const { things, rows, next } = log.page({
      from: from ? Date.parse(from) : -Infinity,
      to: to ? Date.parse(to) : Infinity,
      ...{ seenAt: seenAt(), word: status, after, limit },
    })
    const [first] = things
    // the row that is told first goes to the end before the next page is asked for
    if (first && faults.shiftsPages()) {
      run('touch', supplier.id, { kind, key: 'no' in first ? first.no : first.id })
    }
    return ok({
      data: faults.pushed(kind, rows),
      next_cursor: next === null ? null : cursorOf(kind, next),
    })
  }
  const some: Answer = (supplier, { url }) => {
    const asked = (name: string) => (url.searchParams.get(name) ?? '').split(',').filter(Boolean)
    const [numbers, packets] = [asked('sub_order_nos'), asked('packet_ids')]
    const count = numbers.length + packets.length
    if (count < 1 || count > 100) {
      return refused(400, 'MALFORMED', 'Ask for 1 to 100 sub-orders.')
    }
    const found = [
      ...numbers.map((no) => supplier.orders.get(no)),
      ...packets.map((id) => supplier.packed.get(id)),
    ]
    const data = found.flatMap((order) => {
      return order && supplier.logs.orders.view(order, seenAt()) || []
    })
    return ok({ data, next_cursor: null })
  }

  return [
    read('/v2/account', 'account', (supplier) =>
      ok({
        supplier_identifier: supplier.id,
        merchant_id: supplier.merchantId,
        supplier_id: supplier.supplierId,
        name: supplier.name,
        acceptance_preference: supplier.preference,
        location_external_identifier: supplier.location,
      })),
    read('/v2/orders', 'orders', (supplier, request) => {
      const { searchParams: asked } = request.url
      const isSome = asked.has('sub_order_nos') || asked.has('packet_ids')
      return (isSome ? some : list('orders'))(supplier, request)
    }),
    write('POST', '/v2/orders/accept', 'accept'),
    write('POST', '/v2/orders/cancel', 'cancel'),
    write('POST', '/v2/shipments/labels', 'labels'),
    read('/v2/jobs/{id}', 'job', (supplier, { params }) => jobOf(world, supplier, params.id ?? '')),
    write('POST', '/v2/manifests', 'manifests'),
    read(
      '/v2/manifests/{id}',
      'manifest',
      (supplier, { params }) => manifestOf(world, supplier, params.id ?? ''),
    ),
    read('/v2/returns', 'returns', list('returns')),
    read(
      '/v2/payments',
      'payments',
      (supplier, { url }) => listPayments(world, supplier, made, url.searchParams),
    ),
    write('PUT', '/v2/inventory', 'putInventory'),
    {
      method: 'GET',
      path: '/v2/files/{supplier}/{ends}/{seal}/{kind}/{name}',
      ...{ host: filesHost, operation: 'file' },
      handle: ({ params }) => {
        world.catchUp(now())
        return fetchFile(world, made, params)
      },
    },
  ]
}

const instant = z.iso.datetime({ offset: true })
const Listing = z.object({
  status: z.string().optional(),
  updated_from: instant.optional(),
  updated_to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().optional(),
})

const cursorOf = (kind: string, turn: number): string => btoa(`${kind} ${turn}`)
const placeOf = (kind: string, cursor: string): number | undefined => {
  try {
    const [told, turn] = atob(cursor).split(' ')
    return told === kind && turn && /^\d{1,12}$/.test(turn) ? Number(turn) : undefined
  } catch {
    return undefined
  }
}

export const tooMany = (seconds: number): SandboxAnswer => ({
  ...refused(429, 'RATE_LIMITED', 'Too many requests.'),
  headers: { 'retry-after': String(Math.max(1, Math.ceil(seconds))) },
})

const jsonOf = (body: string): object | undefined => {
  try {
    const json: unknown = JSON.parse(body)
    return json && typeof json === 'object' && !Array.isArray(json) ? json : undefined
  } catch {
    return undefined
  }
}
