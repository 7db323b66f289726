/** The rules of `searchOrders` for its parameters, each with Amazon's 400. */
import type { Search } from './books.ts'
import { type IncludedPart, includedParts } from './wire.ts'

export interface Params {
  readonly by: Search['by']
  readonly from: number
  readonly to: number
  /** True when the caller gave no end: the answer tells the one that was taken. */
  readonly openEnd: boolean
  readonly limit: number
  readonly parts: ReadonlySet<IncludedPart>
  readonly accepts: Search['accepts']
  readonly pageToken: string | undefined
  /** The same for all requests that a page token may go on from. */
  readonly fingerprint: string
}

const minuteMs = 60_000
const youngestEndMs = 2 * minuteMs
const orderWords = [
  'PENDING_AVAILABILITY',
  'PENDING',
  'UNSHIPPED',
  'PARTIALLY_SHIPPED',
  'SHIPPED',
  'CANCELLED',
  'UNFULFILLABLE',
]
const sameInEveryPage = [
  'createdAfter',
  'createdBefore',
  'lastUpdatedAfter',
  'lastUpdatedBefore',
  'marketplaceIds',
  'fulfillmentStatuses',
  'fulfilledBy',
]

/** What is asked for, or the sentence of a refusal. */
export const readParams = (
  query: URLSearchParams,
  now: number,
  marketplaceId: string,
): Params | string => {
  const given = (name: string) => query.get(name) ?? undefined
  const created = given('createdAfter')
  const updated = given('lastUpdatedAfter')
  if ((created === undefined) === (updated === undefined)) {
    return 'Exactly one of createdAfter and lastUpdatedAfter must be provided.'
  }
  const [family, other] = created === undefined
    ? ['lastUpdated', 'created'] as const
    : ['created', 'lastUpdated'] as const
  if (query.has(`${other}Before`)) return `${other}Before may not be used with ${family}After.`

  const from = instantOf(created ?? updated ?? '')
  const end = given(`${family}Before`)
  const to = end === undefined ? now - youngestEndMs : instantOf(end)
  if (from === undefined || to === undefined) return 'A date must be in ISO 8601 format.'
  if (end !== undefined && to < from) return `${family}Before must not be before ${family}After.`
  if (end !== undefined && to > now - youngestEndMs) {
    return `${family}Before must be at least two minutes before the time of the request.`
  }
  const size = given('maxResultsPerPage') ?? '100'
  const limit = /^\d{1,3}$/.test(size) ? Number(size) : 0
  if (limit < 1 || limit > 100) return 'maxResultsPerPage must be between 1 and 100.'

  const parts = listOf(query, 'includedData')
  const statuses = listOf(query, 'fulfillmentStatuses')
  const fulfillers = listOf(query, 'fulfilledBy')
  const markets = listOf(query, 'marketplaceIds')
  if (markets.length > 50) return 'marketplaceIds may hold at most 50 values.'
  const unknown = [
    ...parts.filter((part) => !isPart(part)),
    ...statuses.filter((word) => !orderWords.includes(word)),
    ...fulfillers.filter((word) => word !== 'MERCHANT' && word !== 'AMAZON'),
  ]
  if (unknown.length > 0) return `Unknown value "${unknown[0]}".`

  const wants = (list: readonly string[], value: string) =>
    list.length === 0 || list.includes(value)
  return {
    by: family === 'created' ? 'createdTime' : 'lastUpdatedTime',
    from,
    to,
    openEnd: end === undefined,
    limit,
    parts: new Set(parts.filter(isPart)),
    accepts: (order, standing) =>
      wants(markets, marketplaceId) && wants(statuses, standing.status) &&
      wants(fulfillers, order.fulfilledBy),
    pageToken: given('paginationToken'),
    fingerprint: JSON.stringify(sameInEveryPage.map((name) => query.getAll(name))),
  }
}

/** Lists come joined by commas or as a repeated parameter. */
export const listOf = (query: URLSearchParams, name: string): string[] =>
  query.getAll(name).flatMap((value) => value.split(',')).filter((value) => value !== '')

export const isPart = (name: string): name is IncludedPart =>
  includedParts.some((part) => part === name)

const instantOf = (text: string): number | undefined => {
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/
  const at = iso.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}
