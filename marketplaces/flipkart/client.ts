/** Flipkart's API v3, asked over https. */
import { type Context, failure, type HttpInit, type Schema } from 'robnu/plugin'
import type { z } from 'zod'
import * as answers from './answers.ts'
import {
  explain,
  explainFile,
  explainPaper,
  kebab,
  tokenExpired,
  tokenExpiredMessage,
} from './refusals.ts'
import { type Details, hosts } from './schemas.ts'
import { inIndia } from './times.ts'
import type { Connection, PageAsk, RawPage, Transport } from './transport.ts'

// a token must outlive its request, and the wait for a permit before it (three minutes for one)
const expiryMarginMs = 4 * 60_000
const pageSize = 20

const states: Readonly<Record<string, readonly string[] | undefined>> = {
  preDispatch: ['APPROVED', 'PACKING_IN_PROGRESS', 'FORM_FAILED', 'PACKED', 'READY_TO_DISPATCH'],
  postDispatch: ['PICKUP_COMPLETE', 'SHIPPED', 'DELIVERED'],
}

export const baseOf = ({ environment }: Details): string =>
  `https://${environment === 'SANDBOX' ? hosts[1] : hosts[0]}`

export const connect = (account: Connection, ctx: Context): Transport => {
  const root = baseOf(account.details)
  const base = `${root}/sellers`
  const shipments = `${base}/v3/shipments`
  const listings = `${base}/listings/v3`
  const { get, post, write, load, init } = requester(account, ctx)
  const list = (ids: readonly string[]): string => ids.map(encodeURIComponent).join(',')
  return {
    shipments: async (ask) => {
      const { shipments: rows, hasMore, nextPageUrl } = ask.next === null
        ? await post(answers.ShipmentsPage, `${shipments}/filter`, filterOf(ask))
        : await get(answers.ShipmentsPage, nextOf(base, ask.next), 'shipments')
      return page(ask, rows, hasMore, nextPageUrl)
    },
    shipmentsOf: async (orderIds) =>
      (await get(answers.ShipmentList, shipments, 'shipments', { orderIds })).shipments,
    details: async (ids) =>
      (await get(answers.ShipmentList, `${shipments}/${list(ids)}`, 'shipments')).shipments,
    pack: (requests) => write(`${shipments}/labels`, { shipments: requests }),
    dispatch: (locationId, shipmentIds) =>
      write(`${shipments}/dispatch`, { shipmentIds, locationId }),
    selfShipDispatch: (list) => write(`${shipments}/selfShip/dispatch`, { shipments: list }),
    labels: (ids) => load(`${shipments}/${list(ids)}/labels`),
    invoices: (ids) => load(`${shipments}/${list(ids)}/invoices`),
    handoverCounts: (locationId) =>
      get(answers.HandoverCounts, `${shipments}/handover/counts`, 'shipments', { locationId }),
    manifest: ({ locationId, vendor, isMps }, pickupDate) =>
      load(`${shipments}/manifest`, {
        method: 'POST',
        json: {
          params: {
            ...{ vendorGroupCode: vendor, locationId, is_mps: isMps },
            ...(pickupDate ? { pickupDate } : {}),
          },
        },
      }),
    returns: async (ask) => {
      const { returnItems, hasMore, nextUrl } = ask.next === null
        ? await get(answers.ReturnsPage, `${base}/v2/returns`, 'returns', {
          source: ask.list,
          modifiedAfter: inIndia(ask.from),
          modifiedBefore: inIndia(ask.to),
        })
        : await get(answers.ReturnsPage, nextOf(base, ask.next), 'returns')
      return page(ask, returnItems, hasMore, nextUrl)
    },
    putInventory: async (updates) => {
      const told = await ctx.http(
        answers.BySku,
        `${listings}/update/inventory`,
        init({ method: 'POST', operation: 'listings', json: updates }),
      )
      return bySku(told, answers.InventoryLine, ({ status, errors, attribute_errors }) => {
        const [first] = [...errors ?? [], ...attribute_errors ?? []]
        return { status, code: first?.code ? kebab(first.code) : null }
      })
    },
    getInventory: async (skus, locationIds) => {
      const { available } = await get(answers.Listings, `${listings}/${list(skus)}`, 'listings')
      const levels = bySku(
        available ?? {},
        answers.Listing,
        ({ locations }) =>
          (locations ?? [])
            .filter(({ id }) => locationIds.length === 0 || locationIds.includes(id ?? ''))
            .reduce((sum, { inventory }) => sum + (inventory ?? 0), 0),
      )
      return Object.entries(levels).map(([sku, quantity]) => ({ sku, quantity }))
    },
    askReport: async (type, { from, to }, correlationId) => {
      const { report_id } = await ctx.http(
        answers.ReportTriggered,
        `${root}/reports/${type}`,
        init({
          method: 'POST',
          operation: 'reports',
          json: { correlation_id: correlationId, parameters: { from_date: from, to_date: to } },
        }),
      )
      return report_id
    },
    report: async (id) => {
      const url = `${root}/reports/${encodeURIComponent(id)}/detail`
      const { status, location } = await get(answers.ReportDetail, url, 'reports')
      return { status, location: location ?? null }
    },
    reportTable: async (location, ask) =>
      // a signed address: it needs no token, and gets none
      await ctx.table(location, ask, { operation: 'reports', explain: explainFile }),
  }
}

const bySku = <T, U>(
  told: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
  read: (line: T) => U,
): Readonly<Record<string, U>> =>
  Object.fromEntries(
    Object.entries(told).map(([sku, line]) => {
      const parsed = schema.safeParse(line)
      if (parsed.success) return [sku, read(parsed.data)]
      throw failure('bad-response', "Cannot read Flipkart's answer: a SKU of it is not as expected")
    }),
  )

const filterOf = ({ list, from, to }: PageAsk): unknown => ({
  filter: {
    type: list,
    ...(states[list] ? { states: states[list] } : {}),
    modifiedDate: { from: inIndia(from), to: inIndia(to) },
  },
  pagination: { pageSize },
  sort: { field: 'modifiedDate', order: 'asc' },
})

const page = (
  ask: PageAsk,
  rows: readonly unknown[],
  hasMore: boolean | null | undefined,
  next: string | null | undefined,
): RawPage => {
  if (!hasMore || !next) return { rows, next: null }
  if (next === ask.next) throw failure('bad-response', samePage)
  return { rows, next }
}
const samePage = 'Cannot go on with the walk: Flipkart gave the address of one page twice'

/** Relative, and without the `/sellers` that the page stands under. */
const nextOf = (base: string, next: string): string => {
  const path = next.replace(/^\/sellers(?=\/)/, '')
  // it comes from outside: nothing but the next page of these two lists is asked for with the token
  if (/^\/v(?:3\/shipments\/filter|2\/returns)\?[^#\s]*$/.test(path)) return `${base}${path}`
  throw failure('bad-response', 'Cannot go on with the walk: the next page has a strange address')
}

const requester = (account: Connection, ctx: Context) => {
  const init = (more: HttpInit): HttpInit => ({
    answer: 'exact',
    explain,
    ...more,
    headers: { authorization: `Bearer ${accessToken(account, ctx)}` },
  })
  const get = <T>(schema: Schema<T>, url: string, operation: string, query?: HttpInit['query']) =>
    ctx.http(schema, url, init({ operation, ...(query ? { query } : {}) }))
  const post = <T>(schema: Schema<T>, url: string, json: unknown) =>
    ctx.http(schema, url, init({ method: 'POST', operation: 'shipments', json }))
  const write = async (url: string, json: unknown) => {
    const more = init({ method: 'POST', operation: 'write', json })
    return (await ctx.http(answers.WriteLines, url, more)).shipments
  }
  const load = (url: string, more: HttpInit = {}) =>
    ctx.download(url, init({ operation: 'documents', explain: explainPaper, ...more }))
  return { get, post, write, load, init }
}

const accessToken = ({ credentials }: Connection, ctx: Context): string => {
  ctx.signal.throwIfAborted()
  const { access_token: token, access_token_expires_at: expiresAt } = credentials
  const dies = expiresAt ? Date.parse(expiresAt) : Infinity
  if (token && dies - expiryMarginMs > ctx.now().getTime()) return token
  // the host refreshes and calls again with the last stored cursor
  throw failure('auth', tokenExpiredMessage, { code: tokenExpired })
}
