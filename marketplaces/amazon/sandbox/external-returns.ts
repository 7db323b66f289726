/** The returns of External Fulfillment as Amazon lists them (2024-09-11). */
import type { Faults, SandboxAnswer, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import { locationId } from './external-wire.ts'
import type { Guard } from './guard.ts'
import { parcelsAt, shipmentIdOf } from './parcels.ts'
import { invalid, sellingHost } from './requests.ts'
import { returnsBy, type ReturnStep, returnWords, type SandboxReturn, stepAt } from './returning.ts'
import { createSigner } from './signed.ts'
import { iso, wireError } from './wire.ts'
import type { Partner, World } from './world.ts'

const path = '/externalFulfillment/2024-09-11/returns'

interface Found {
  readonly one: SandboxReturn
  readonly step: ReturnStep
}

export const externalReturnRoutes = (
  { world, guard, faults }: {
    readonly world: World
    readonly guard: Guard
    readonly faults: Faults
  },
): SandboxRoute[] => {
  const pages = createSigner(world.seed, 'returns-token')
  const seen = (partner: Partner): Found[] => {
    const at = world.at() - faults.lagMs()
    return returnsBy(world, partner, at).flatMap((one) => {
      const step = stepAt(one, at)
      return step ? [{ one, step }] : []
    })
  }

  const list = (query: URLSearchParams, partner: Partner): SandboxAnswer => {
    const params = readParams(query)
    if (typeof params === 'string') return invalid(params)
    const { nextToken, ...same } = Object.fromEntries(query)
    const fingerprint = JSON.stringify([partner.id, Object.entries(same).sort()])
    const token = nextToken === undefined ? undefined : Token.safeParse(pages.open(nextToken))
    if (token && (!token.success || token.data.fingerprint !== fingerprint)) {
      return invalid('The nextToken is expired or does not belong to the request.')
    }
    const found = seen(partner).filter(params.accepts).sort(byChange)
    const skip = token?.data?.skip ?? 0
    const page = faults.shiftsPages()
      ? found.slice(skip)
      : found.filter(({ one, step }) => isBehind(step.at, one.id, token?.data?.after))
    const told = page.slice(0, params.size)
    const last = told.at(-1)
    const after = last && page.length > told.length ? [last.step.at, last.one.id] : undefined
    return {
      status: 200,
      body: {
        returns: told.map((each) => wireReturn(each, partner, world)),
        ...(after
          ? { nextToken: pages.sign({ fingerprint, after, skip: skip + told.length }) }
          : {}),
      },
    }
  }

  return [
    {
      ...{ method: 'GET', path, host: sellingHost, operation: 'listReturns' },
      handle: guard('listReturns', ({ url }, partner) => list(url.searchParams, partner)),
    },
    {
      ...{ method: 'GET', path: `${path}/{returnId}`, host: sellingHost, operation: 'getReturn' },
      handle: guard('getReturn', ({ params }, partner) => {
        const found = seen(partner).find(({ one }) => one.id === params.returnId)
        return found
          ? { status: 200, body: wireReturn(found, partner, world) }
          : wireError(404, 'NotFound', 'The return was not found.')
      }),
    },
  ]
}

const Token = z.object({
  fingerprint: z.string(),
  after: z.tuple([z.number(), z.string()]),
  skip: z.number(),
})

const readParams = (query: URLSearchParams) => {
  const given = (name: string) => query.get(name) ?? undefined
  const size = Number(given('maxResults') ?? 10)
  if (!Number.isInteger(size) || size < 1 || size > 100) {
    return 'maxResults must be between 1 and 100.'
  }
  const status = given('status')
  if (status !== undefined && !returnWords.some((word) => word === status)) {
    return `Unknown status "${status}".`
  }
  const location = given('returnLocationId')
  const times = ['createdSince', 'createdUntil', 'lastUpdatedSince', 'lastUpdatedUntil'].map(
    (name) => {
      const text = given(name)
      return text === undefined ? undefined : Date.parse(text)
    },
  )
  if (times.some((time) => Number.isNaN(time))) return 'A date must be in ISO 8601 format.'
  const [createdSince, createdUntil, since, until] = times
  if ((since ?? until) !== undefined && (location === undefined || status === undefined)) {
    return 'lastUpdatedSince and lastUpdatedUntil need returnLocationId and status.'
  }
  return {
    size,
    accepts: ({ one, step }: Found): boolean =>
      (location === undefined || location === locationId) &&
      (status === undefined || step.status === status) &&
      within(one.steps[0]?.at ?? 0, createdSince, createdUntil) && within(step.at, since, until) &&
      (given('rmaId') ?? one.rmaId) === one.rmaId &&
      (given('reverseTrackingId') ?? one.trackingId) === one.trackingId,
  }
}

const within = (at: number, since = -Infinity, until = Infinity): boolean =>
  at >= since && at < until

const byChange = (a: Found, b: Found): number =>
  a.step.at - b.step.at || (a.one.id < b.one.id ? -1 : 1)

const isBehind = (at: number, id: string, after: readonly [number, string] | undefined): boolean =>
  !after || at > after[0] || at === after[0] && id > after[1]

const wireReturn = ({ one, step }: Found, partner: Partner, { seed }: World): object => {
  const { order, line } = one
  const created = one.steps[0]?.at ?? 0
  const at = (status: string) => {
    const found = one.steps.find((each) => each.status === status && each.at <= step.at)
    return found && iso(found.at)
  }
  const [pickedUp, delivered] = [at('PICKED_FROM_CUSTOMER'), at('DELIVERED')]
  const sent = parcelsAt(order, created, seed).at(-1)?.parcel
  const forward = sent && { carrierName: sent.carrier, trackingId: sent.trackingNumber }
  const isPlanned = one.type === 'REJECT' || step.status !== 'CREATED'
  return {
    id: one.id,
    returnLocationId: locationId,
    merchantSku: line.sku,
    returnType: one.type,
    returnSubType: one.subType,
    numberOfUnits: one.quantity,
    status: step.status,
    fulfillmentLocationId: locationId,
    creationDateTime: iso(created),
    lastUpdatedDateTime: iso(step.at),
    returnMetadata: {
      ...{ returnReason: one.reason, rmaId: one.rmaId },
      ...{ fulfillmentOrderId: shipmentIdOf(order, seed) },
    },
    returnShippingInfo: {
      ...(forward ? { forwardTrackingInfo: forward } : {}),
      ...(isPlanned
        ? { reverseTrackingInfo: { carrierName: 'ATS', trackingId: one.trackingId } }
        : {}),
      ...(pickedUp ? { pickupDateTime: pickedUp } : {}),
      ...(delivered ? { deliveryDateTime: delivered } : {}),
    },
    marketplaceChannelDetails: {
      marketplaceChannel: { marketplaceName: 'AMAZON_IN', channelName: 'MFN' },
      ...{ merchantId: partner.id, shipmentId: shipmentIdOf(order, seed) },
      ...{ customerOrderId: order.id, returnLocationId: locationId, channelSku: line.sku },
    },
    ...(step.status === 'OUT_FOR_DELIVERY'
      // six digits that open the parcel: nobody's to keep
      ? {
        otpDetails: {
          otp: one.trackingId.slice(-6),
          validTill: Math.floor(step.at / 1000) + 86_400,
        },
      }
      : {}),
    packageDeliveryMode: 'WITH_OTP',
  }
}
