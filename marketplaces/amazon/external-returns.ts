/** Returns of External Fulfillment: its lists, one for each location and status, and what a return is. */
import { type Context, failure, failureOf, type RejectedRow, type ReturnRow } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from './client.ts'
import type { ExternalPlace } from './cursors.ts'
import { externalState, externalWords, returnKind } from './return-states.ts'

const path = '/externalFulfillment/2024-09-11/returns'
const pageSize = 100

const List = z.array(z.unknown())
const Answer = z.union([
  z.object({ returns: List, nextToken: z.string().nullish() }),
  // an empty page may do without a list, and then it has a token
  z.object({ returns: z.undefined().optional(), nextToken: z.string() }),
])

export const firstPlace = (locations: readonly string[]): ExternalPlace => ({
  location: locations[0] ?? '',
  status: externalWords[0] ?? '',
  token: null,
})

/** The list behind this one; null: it was the last. Of one that is no more, it begins anew. */
const nextPlace = (
  { location, status }: ExternalPlace,
  locations: readonly string[],
): ExternalPlace | null => {
  const word = externalWords[externalWords.indexOf(status) + 1]
  if (word !== undefined && locations.includes(location)) {
    return { location, status: word, token: null }
  }
  const next = locations[locations.indexOf(location) + 1]
  return next === undefined ? null : { ...firstPlace([next]), location: next }
}

export interface ExternalPage {
  readonly returns: readonly unknown[]
  readonly rest: ExternalPlace | null
}

/**
 * Amazon filters by the time of change only within one location and one status: so each of them is a
 * list of its own. A return that changes during the walk has a newer time, and the next walk meets it.
 */
export const listReturns = async (
  account: Connection,
  ctx: Context,
  { from, to }: { readonly from: string; readonly to: string },
  place: ExternalPlace,
): Promise<ExternalPage> => {
  const locations = account.details.ef_location_ids
  const ask = (token: string | null) =>
    askAmazon(account, ctx)(Answer, path, {
      operation: 'listReturns',
      query: {
        returnLocationId: place.location,
        status: place.status,
        lastUpdatedSince: from,
        lastUpdatedUntil: to,
        maxResults: pageSize,
        nextToken: token ?? undefined,
      },
      explain: (status) =>
        status === 400 && token !== null
          ? { kind: 'rejected', code: tokenRefused, message: 'Amazon refused the page token' }
          : undefined,
    })
  // a token that is too old: the list begins again
  const answer = await ask(place.token).catch((error: unknown) => {
    if (failureOf(error)?.code !== tokenRefused) throw error
    return ask(null)
  })
  const token = answer.nextToken || null
  if (token !== null && token === place.token) throw failure('bad-response', sameToken)
  return {
    returns: answer.returns ?? [],
    rest: token === null ? nextPlace(place, locations) : { ...place, token },
  }
}

const tokenRefused = 'page-token-refused'
const sameToken = 'Cannot go on with the walk over returns: Amazon gave one page token twice'

// PostgreSQL cannot store this character in text
const text = z.string().refine((value) => !value.includes('\0'), 'holds a zero character')
const time = z.iso.datetime({ offset: true }).regex(/^(19[89]|20)\d/)
  .transform((value) => new Date(value))
const Tracking = z.object({ carrierName: text.nullish(), trackingId: text.nullish() })

/** Strict on what we read, blind to the rest: the one-time password above all. */
const Return = z.object({
  id: text.min(1).max(200),
  merchantSku: text.nullish(),
  returnType: text,
  returnSubType: text.nullish(),
  numberOfUnits: z.int32().min(1).nullish(),
  status: text,
  creationDateTime: time.nullish(),
  lastUpdatedDateTime: time,
  returnMetadata: z.object({ returnReason: text.nullish() }).nullish(),
  returnShippingInfo: z.object({
    deliveryDateTime: time.nullish(),
    forwardTrackingInfo: Tracking.nullish(),
    reverseTrackingInfo: Tracking.nullish(),
  }).nullish(),
  marketplaceChannelDetails: z.object({
    customerOrderId: text.nullish(),
    channelSku: text.nullish(),
  }),
  replanningDetails: z.object({ previousTrackingInfo: z.array(Tracking).nullish() }).nullish(),
})
type Return = z.infer<typeof Return>

/** One return as it came → its row, or why not. Never throws. */
export const toReturnRow = (
  raw: unknown,
): { readonly row: ReturnRow } | { readonly rejected: RejectedRow } => {
  const parsed = Return.safeParse(raw)
  if (!parsed.success) return reject(raw, 'malformed-return')
  const told = parsed.data
  const kind = returnKind(told.returnType, told.returnSubType)
  if (kind === null) return reject(raw, 'unknown-return-type')
  const order = told.marketplaceChannelDetails.customerOrderId
  if (!order) return reject(raw, 'return-without-order')
  const ways = told.returnShippingInfo
  const sent = ways?.forwardTrackingInfo?.trackingId
  return {
    row: {
      externalId: told.id,
      orderExternalId: order,
      kind,
      status: externalState(told.status),
      rawStatus: told.status,
      reason: told.returnMetadata?.returnReason ?? null,
      initiatedAt: told.creationDateTime ?? told.lastUpdatedDateTime,
      updatedAt: told.lastUpdatedDateTime,
      deliveredAt: ways?.deliveryDateTime ?? null,
      // as the parcels of orders are named (rows.ts)
      shipmentExternalId: sent ? `${order}/${sent}` : null,
      awbs: awbsOf(told),
      creditNote: null,
      items: [{
        // a return is of one SKU, and Amazon names no line of the order
        externalId: told.id,
        itemExternalId: null,
        sku: told.marketplaceChannelDetails.channelSku ?? told.merchantSku ?? null,
        quantity: told.numberOfUnits ?? 1,
        condition: null,
      }],
    },
  }
}

/** Every number that may stand on the parcel: of the way back, of ways that were planned before, there. */
const awbsOf = ({ returnShippingInfo, replanningDetails }: Return): ReturnRow['awbs'] => {
  const { reverseTrackingInfo, forwardTrackingInfo } = returnShippingInfo ?? {}
  const told = [
    reverseTrackingInfo,
    ...replanningDetails?.previousTrackingInfo ?? [],
    forwardTrackingInfo,
  ].flatMap((one) =>
    one?.trackingId ? [{ awb: one.trackingId, carrier: one.carrierName || null }] : []
  )
  return [...new Map(told.reverse().map((one) => [one.awb, one])).values()].reverse().slice(0, 100)
}

const reject = (raw: unknown, reason: string): { readonly rejected: RejectedRow } => {
  const id = raw instanceof Object && 'id' in raw ? raw.id : undefined
  // the password that opens the parcel is nobody's to keep
  const kept = raw instanceof Object && 'otpDetails' in raw ? { ...raw, otpDetails: null } : raw
  // the key stays in clear, so it must look like an id
  const key = typeof id === 'string' && /^[A-Za-z0-9-]{1,60}$/.test(id) ? { key: id } : {}
  return { rejected: { ...key, reason, raw: JSON.stringify(kept) ?? 'undefined' } }
}
