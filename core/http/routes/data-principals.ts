/** What a buyer may ask of the seller: what is kept of them, a copy of it, and that it goes. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { mostOrders } from '../../ledger/principals/find-orders.ts'
import type { PrincipalKey, Principals } from '../../ledger/principals/principals.ts'
import { stayingKinds } from '../../ledger/principals/what-stays.ts'
import { orderStates, returnKinds, returnStates } from '../../plugin.ts'
import { Reason } from '../access-schemas.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { type Route, route, type SellerCall } from '../route.ts'
import { Cursor, Customer, exampleIds, Id, listOf, Time } from '../schemas.ts'

const path = '/v1/data-principals'
const permission = 'data-principals:answer'
const tag = 'Data principals'

/** In the body and never in the address: addresses are logged on their way. */
const who = {
  phone: z.string().trim().min(4).max(50).optional().openapi({
    description: 'The phone number that the buyer is known by; or `email`',
  }),
  email: z.string().trim().min(3).max(254).optional(),
  reason: Reason,
}
const oneOf = ({ phone, email }: { readonly phone?: unknown; readonly email?: unknown }) =>
  (phone === undefined) !== (email === undefined)
const oneMessage = { path: ['phone'], message: 'give `phone` or `email`, one of them' }
const paging = {
  cursor: Cursor.optional(),
  limit: z.int().min(1).max(200).default(50),
}
const PageBody = z.strictObject({ ...who, ...paging }).refine(oneOf, oneMessage)
const EraseBody = z.strictObject({
  ...who,
  orders: z.int().min(0).max(mostOrders).openapi({
    description: 'How many orders they are: `total` of what was found; 0 where `raw_rows` alone ' +
      `were found. A value that more than ${mostOrders} orders share is a placeholder, and of no ` +
      'one person',
  }),
}).refine(oneOf, oneMessage)

const order = {
  id: Id,
  marketplace_account_id: Id,
  marketplace: z.string(),
  external_order_id: z.string(),
  status: z.enum(orderStates),
  ordered_at: Time,
}
const Found = z.object({
  ...order,
  holds: z.array(z.enum(['name', 'phone', 'email', 'address'])).readonly().openapi({
    description: 'Which members of the buyer the order holds',
  }),
}).openapi('DataPrincipalOrder')
const text = z.string().nullable()
const Paise = z.int().nullable().openapi({ description: 'Money in paise' })
const Exported = z.object({
  ...order,
  currency: z.string(),
  total_paise: Paise,
  customer: Customer,
  items: z.array(
    z.object({ title: text, sku: text, quantity: z.int(), total_paise: Paise }),
  ).readonly(),
  shipments: z.array(z.object({ awb: text, carrier: text, status: z.string() })).readonly(),
  returns: z.array(z.object({
    external_return_id: z.string(),
    kind: z.enum(returnKinds),
    status: z.enum(returnStates),
    reason: text,
  })).readonly(),
  documents: z.array(z.string()).readonly().openapi({
    description: 'Types of the papers that are kept of the order',
  }),
}).openapi('DataPrincipalExport')
const count = z.int().min(0)
const Erased = z.object({
  id: Id,
  orders: count,
  erasures: z.array(z.object({
    id: Id,
    marketplace_account_id: Id,
    orders: count,
    fields: count.openapi({ description: 'Sealed members that held something' }),
    documents: count.openapi({ description: 'Papers that showed the buyer' }),
    raw_rows: count.openapi({
      description: 'Rows of a marketplace that could not be read, and told the value or the order',
    }),
  })).readonly().openapi({ description: 'One for each marketplace account' }),
  stays: z.array(z.object({
    what: z.enum(stayingKinds).openapi({
      description: 'raw-rows: rows that could not be read and name the buyer otherwise; ' +
        'import-files: files that are not imported yet; raw-archive: raw answers, sealed under ' +
        'a key of their month; export-files: of the whole seller; tax-invoices: as the law ' +
        'asks; backups: of the database',
    }),
    until: Time.openapi({ description: 'At the latest' }),
  })).readonly().openapi({
    description: 'What no erasure looks into, in which the buyer may stand, and until when',
  }),
}).openapi('DataPrincipalErasure')

const asked = { phone: '+91 98765 43212', reason: 'The buyer has asked by letter of 12 January' }
const orderExample = {
  id: exampleIds.order,
  marketplace_account_id: exampleIds.account,
  marketplace: 'SAMPLE',
  external_order_id: 'S-1001',
  status: 'DELIVERED',
  ordered_at: '2026-01-31T10:15:00.000Z',
}
const address = { line1: '12 Laxmi Road', line2: null, city: 'Pune', state: 'Maharashtra' }
const exportExample = {
  ...orderExample,
  ...{ currency: 'INR', total_paise: 64700 },
  customer: {
    name: 'Asha Rao',
    phone: '+919876543212',
    email: null,
    address: { ...address, postal_code: '411014' },
  },
  items: [{ title: 'Cotton kurta', sku: 'KURTA-M-BLUE', quantity: 1, total_paise: 64700 }],
  shipments: [{ awb: '1490812345678', carrier: 'SAMPLE POST', status: 'DELIVERED' }],
  ...{ returns: [], documents: ['CUSTOMER_INVOICE'] },
}
const erasedExample = {
  id: exampleIds.run,
  orders: 2,
  erasures: [{
    ...{ id: exampleIds.run, marketplace_account_id: exampleIds.account },
    ...{ orders: 2, fields: 8, documents: 2, raw_rows: 0 },
  }],
  stays: [
    { what: 'raw-archive', until: '2026-03-02T00:00:00.000Z' },
    { what: 'backups', until: '2026-03-02T10:15:00.000Z' },
  ],
}

/** Milliseconds since 1970, and the id. */
const Position = z.tuple([z.number(), z.string()])

export const principalRoutes = (principals: Principals, cursors: Cursors): readonly Route[] => {
  /** A cursor is a place in time: it holds nothing of the buyer. */
  const pageAsk = (list: string, body: z.output<typeof PageBody>, call: SellerCall) => {
    const scope = { list, sellerId: call.entry.sellerId, filters: {} }
    const after = body.cursor === undefined ? undefined : cursors.read(scope, body.cursor, Position)
    return {
      ask: {
        ...askOf(body, call),
        limit: body.limit,
        ...after ? { after: { orderedAt: new Date(after[0]), id: after[1] } } : {},
      },
      pageAt: (next: { readonly orderedAt: Date; readonly id: string } | null) => ({
        next: next && cursors.write(scope, [next.orderedAt.getTime(), next.id]),
      }),
    }
  }
  return [
    route({
      method: 'post',
      path: `${path}/find`,
      permission,
      evenSuspended: true,
      tag,
      summary: 'Find the orders of one buyer, by phone number or e-mail address',
      body: PageBody,
      once: 'never',
      answer: listOf(Found).extend({
        total: count.openapi({
          description: `Of all pages; ${mostOrders + 1}: more than can be told`,
        }),
        raw_rows: count.openapi({
          description: 'Rows of a marketplace that could not be read and tell the value, too: ' +
            'they go with the orders',
        }),
      }),
      examples: {
        body: asked,
        answer: {
          ...pageOf({ ...orderExample, holds: ['name', 'phone', 'address'] }),
          total: 1,
          raw_rows: 0,
        },
      },
      problems: ['invalid-cursor', 'keys-unavailable'],
      handle: async ({ body }, call) => {
        const { ask, pageAt } = pageAsk(`${path}/find`, body, call)
        const { orders, total, rawRows, next } = await principals.find(call.entry, ask)
        return { data: orders, page: pageAt(next), total, raw_rows: rawRows }
      },
    }),
    route({
      method: 'post',
      path: `${path}/export`,
      permission,
      evenSuspended: true,
      tag,
      summary: 'Hand out what is kept of one buyer, in clear; it goes into the audit trail',
      body: PageBody,
      // whoever asks twice has seen it twice, and the trail says so
      once: 'never',
      answer: listOf(Exported),
      examples: { body: asked, answer: pageOf(exportExample) },
      problems: ['invalid-cursor', 'keys-unavailable'],
      handle: async ({ body }, call) => {
        const { ask, pageAt } = pageAsk(`${path}/export`, body, call)
        const { orders, next } = await principals.export(call.entry, ask)
        return { data: orders, page: pageAt(next) }
      },
    }),
    route({
      method: 'post',
      path: `${path}/erase`,
      permission,
      stepUp: true,
      tag,
      summary:
        'Erase one buyer from all orders; money, lines and states stay, and what `stays` says',
      body: EraseBody,
      once: 'required',
      answer: Erased,
      examples: { body: { ...asked, orders: 2 }, answer: erasedExample },
      problems: ['buyer-orders-changed', 'keys-unavailable'],
      handle: ({ body }, call) =>
        principals.erase(call.entry, { ...askOf(body, call), orders: body.orders }),
      replay: async (id, { entry }) => {
        const erased = await principals.erasure(entry, id)
        if (erased === null) throw fault('not-found')
        return erased
      },
    }),
  ]
}

const askOf = (
  { phone, email, reason }: {
    readonly phone?: string | undefined
    readonly email?: string | undefined
    readonly reason: string
  },
  { person }: SellerCall,
) => {
  const by: PrincipalKey = phone === undefined ? { email: email ?? '' } : { phone }
  return { by, reason, userId: person().userId }
}
