/** The Orders API as it answers: who asks, how often, what, and then the orders. */
import type { Faults, SandboxAnswer } from 'robnu/testing'
import { z } from 'zod'
import type { Found } from './books.ts'
import type { Guard, Handle } from './guard.ts'
import { standingAt } from './orders.ts'
import { isPart, listOf, type Params, readParams } from './params.ts'
import { createSigner } from './signed.ts'
import { iso, marketplaceId, wireError, wireOrder } from './wire.ts'
import type { World } from './world.ts'

export interface ApiOptions {
  readonly world: World
  readonly now: () => number
  readonly faults: Faults
  readonly guard: Guard
}

const dayMs = 86_400_000
const pageTokenMs = dayMs
const oldestMs = 2 * 365 * dayMs // India shows two years

export const createApi = (
  { world: { seed }, now, faults, guard }: ApiOptions,
): { readonly searchOrders: Handle; readonly getOrder: Handle } => {
  const pages = createSigner(seed, 'page-token')
  const seenAt = () => now() - faults.lagMs()

  const searchOrders = guard('searchOrders', (request, { id: partner, books }) => {
    const params = readParams(request.url.searchParams, now(), marketplaceId)
    if (typeof params === 'string') return invalid(params)
    const place = placeOf(params, partner)
    if (!place) return invalid('The paginationToken is expired or does not belong to the request.')
    const { found, next } = books.search({
      ...params,
      from: params.by === 'createdTime' ? Math.max(params.from, oldest(now())) : params.from,
      accepts: (order, standing) =>
        order.createdAt >= oldest(now()) && params.accepts(order, standing),
      seenAt: seenAt(),
      ...(place.after ? { after: place.after } : {}),
      ...(place.skip ? { skip: place.skip } : {}),
    })
    const token = next && pages.sign({
      partner,
      fingerprint: params.fingerprint,
      expires: now() + pageTokenMs,
      ...(faults.shiftsPages() ? { skip: (place.skip ?? 0) + found.length } : { after: next }),
    })
    const endName = params.by === 'createdTime' ? 'createdBefore' : 'lastUpdatedBefore'
    return {
      status: 200,
      body: {
        orders: found.map((one) => wireOrder(one, params.parts, seed)),
        ...(token ? { pagination: { nextToken: token } } : {}),
        [endName]: iso(params.to),
      },
    }
  })

  const placeOf = (params: Params, partner: string): Omit<PageToken, Bound> | undefined => {
    if (params.pageToken === undefined) return {}
    const token = PageToken.safeParse(pages.open(params.pageToken))
    if (!token.success) return undefined
    const { fingerprint, expires, partner: owner, ...place } = token.data
    const bound = fingerprint === params.fingerprint && owner === partner
    return bound && expires > now() ? place : undefined
  }

  const getOrder = guard('getOrder', ({ params, url }, { books }) => {
    const parts = listOf(url.searchParams, 'includedData')
    const unknown = parts.find((part) => !isPart(part))
    if (unknown !== undefined) return invalid(`Unknown value "${unknown}".`)
    const order = books.find(params.orderId ?? '')
    const standing = order && standingAt(order, seenAt())
    if (!order || !standing || order.createdAt < oldest(now())) {
      return wireError(404, 'NotFound', 'The requested order was not found.')
    }
    const found: Found = { order, standing }
    return { status: 200, body: { order: wireOrder(found, new Set(parts.filter(isPart)), seed) } }
  })
  return { searchOrders, getOrder }
}

const PageToken = z.object({
  partner: z.string(),
  fingerprint: z.string(),
  expires: z.number(),
  after: z.tuple([z.number(), z.string()]).optional(),
  skip: z.number().optional(),
})
type PageToken = z.infer<typeof PageToken>
type Bound = 'partner' | 'fingerprint' | 'expires'

const invalid = (message: string): SandboxAnswer => wireError(400, 'InvalidInput', message)

const oldest = (now: number): number => now - oldestMs
