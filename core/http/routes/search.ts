/** One search over ids, waybills and buyers; each kind as far as its own permission reaches. */
import { z } from '@hono/zod-openapi'
import type { Principal } from '../../auth/principal.ts'
import {
  type Search,
  type SearchHit,
  type SearchKind,
  searchKinds,
  searchParts,
} from '../../ledger/search/search.ts'
import { leastQuestion, mostQuestion } from '../../ledger/search/question.ts'
import { type Route, route, type SellerCall } from '../route.ts'
import { exampleIds, Id, Time } from '../schemas.ts'

/** The permission of each part, and where one of its rows is read. */
const permissionOf = {
  order: 'orders:read',
  shipment: 'shipments:read',
  return: 'returns:read',
  payout: 'payouts:read',
  buyer: 'customers:read',
} as const
const listOfKind: Readonly<Record<SearchKind, string>> = {
  order: '/v1/orders',
  shipment: '/v1/shipments',
  return: '/v1/returns',
  payout: '/v1/payouts',
}
const mostHits = 20
const usualHits = 5

const Kinds = z.string().max(100).transform((text, ctx) => {
  const kinds = searchKinds.filter((kind) => text.split(',').includes(kind))
  if (kinds.length > 0 && kinds.length === new Set(text.split(',')).size) return kinds
  ctx.addIssue({ code: 'custom', message: `must be some of ${searchKinds.join()}` })
  return z.NEVER
}).openapi({
  type: 'string',
  description: `Some of \`${searchKinds.join()}\`, with commas between them; all by default`,
  example: 'order,return',
})
const HitLimit = z.string().transform((text, ctx) => {
  const limit = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= mostHits) return limit
  ctx.addIssue({ code: 'custom', message: `must be a whole number from 1 to ${mostHits}` })
  return z.NEVER
}).default(usualHits).openapi({
  type: 'integer',
  minimum: 1,
  maximum: mostHits,
  default: usualHits,
  description: 'Of each kind',
})
const q = z.string().trim().min(leastQuestion).max(mostQuestion)
  .refine((text) => /^\P{C}*$/u.test(text), 'must be without control characters').openapi({
    description: 'The beginning of an order, return or settlement id or of a waybill; or a ' +
      'whole phone number or e-mail address of a buyer, in any spelling',
    example: '404-1234567',
  })
const Query = z.strictObject({ q, kinds: Kinds.optional(), limit: HitLimit })
const Body = z.strictObject({
  q,
  kinds: z.array(z.enum(searchKinds)).min(1).max(searchKinds.length).optional().openapi({
    description: 'All by default',
  }),
  limit: z.int().min(1).max(mostHits).default(usualHits).openapi({ description: 'Of each kind' }),
})
interface Asked {
  readonly q: string
  readonly kinds?: readonly SearchKind[] | undefined
  readonly limit: number
}

const Hit = z.object({
  kind: z.enum(searchKinds),
  id: Id,
  title: z.string().openapi({ description: 'What the marketplace or the courier calls it' }),
  matched: z.enum(['id', 'awb', 'phone', 'email']),
  exact: z.boolean().openapi({ description: 'False: it only begins so' }),
  marketplace_account_id: Id,
  at: Time,
  href: z.string().openapi({ description: 'Where it is read' }),
}).openapi('SearchHit')

const path = '/v1/search'
const Found = z.object({
  data: z.array(Hit).readonly().openapi({ description: 'Exact ones first' }),
  searched: z.array(z.enum(searchParts)).readonly().openapi({
    description: 'What was looked through. Buyers are where the question is a phone number ' +
      'or an e-mail address and the asker may see buyers; 300 times an hour',
  }),
})
const example = {
  data: [{
    kind: 'order' as const,
    id: exampleIds.order,
    title: 'S-1001',
    matched: 'phone' as const,
    exact: true,
    marketplace_account_id: exampleIds.account,
    at: '2026-01-31T10:15:00.000Z',
    href: `/v1/orders/${exampleIds.order}`,
  }],
  searched: [...searchParts],
}

export const searchRoutes = (search: Search): readonly Route[] => {
  const find = async ({ q, kinds, limit }: Asked, { entry, reach, principal }: SellerCall) => {
    const { hits, searched } = await search.find(entry, {
      ...{ q, kinds: kinds ?? searchKinds, limit, asker: askerOf(principal) },
      reach: {
        order: reach(permissionOf.order),
        shipment: reach(permissionOf.shipment),
        return: reach(permissionOf.return),
        payout: reach(permissionOf.payout),
        buyer: reach(permissionOf.buyer),
      },
    })
    return { data: hits.map(shown), searched }
  }
  return [
    route({
      method: 'get',
      path,
      permission: 'search:use',
      tag: 'Search',
      summary: 'Search orders, shipments, returns and payouts, by id, waybill and buyer',
      query: Query,
      answer: Found,
      examples: { answer: example },
      problems: ['keys-unavailable'],
      handle: ({ query }, call) => find(query, call),
    }),
    route({
      method: 'post',
      path,
      permission: 'search:use',
      tag: 'Search',
      summary: 'The same search with its question in the body: of a buyer no address tells',
      body: Body,
      // it changes nothing
      once: 'never',
      answer: Found,
      examples: { body: { q: '+91 98765 43212' }, answer: example },
      problems: ['keys-unavailable'],
      handle: ({ body }, call) => find(body, call),
    }),
  ]
}

const shown = (hit: SearchHit) => ({ ...hit, href: `${listOfKind[hit.kind]}/${hit.id}` })

const askerOf = (principal: Principal): string => {
  switch (principal.kind) {
    case 'user':
      return principal.userId
    case 'key':
      return principal.keyId
    case 'impersonator':
      return principal.superAdminId
  }
}
