/** Finances 2024-06-19: transactions, which show late, are held back, and come in pages with gaps. */
import { hashOf, randomFor, type SandboxAnswer, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Guard } from './guard.ts'
import { type MoneyEvent, type MoneyRow, sumOf } from './money.ts'
import { invalid, sellingHost } from './requests.ts'
import { eventsOf, feeOf, settlementsBy } from './settling.ts'
import { createSigner } from './signed.ts'
import { iso, marketplaceId } from './wire.ts'
import type { Partner, World } from './world.ts'

export interface Transaction {
  readonly id: string
  readonly event: MoneyEvent
  readonly status: 'DEFERRED' | 'DEFERRED_RELEASED' | 'RELEASED'
  readonly postedAt: number
  /** Of its other half. */
  readonly pairId?: string
}

const hourMs = 3_600_000
const youngestMs = 120_000
const longestMs = 180 * 24 * hourMs
const pageSize = 100
const path = '/finances/2024-06-19/transactions'

const always = { from: -Infinity, to: Infinity }

/** What was posted in the window and shows by then: up to two days late. */
export function* transactionsBy(
  world: World,
  partner: Partner,
  at: number,
  { from, to } = always,
): Generator<Transaction> {
  const isIn = (postedAt: number) => postedAt >= from && postedAt < to && postedAt <= at
  const fees = settlementsBy(world, partner, at).map(({ id, to }) => feeOf(id, to))
  for (const event of [...eventsOf(world, partner), ...fees]) {
    const { postedAt, releasedAt, isDeferred } = event
    if (!isIn(postedAt) && !isIn(releasedAt)) continue
    const { first, second, firstLateMs, secondLateMs } = halvesOf(world.seed, event)
    const isReleased = releasedAt + secondLateMs <= at
    if (isDeferred && isIn(postedAt) && postedAt + firstLateMs <= at) {
      const status = isReleased ? 'DEFERRED_RELEASED' : 'DEFERRED'
      yield { id: first, event, status, postedAt, pairId: second }
    }
    if (!isReleased || !isIn(releasedAt)) continue
    const pair = isDeferred ? { pairId: first } : {}
    yield { id: second, event, status: 'RELEASED', postedAt: releasedAt, ...pair }
  }
}

interface Halves {
  readonly first: string
  readonly second: string
  readonly firstLateMs: number
  readonly secondLateMs: number
}
const halves = new WeakMap<MoneyEvent, Halves>()

/** The ids of what is held back and of its release, and how late each of them shows. */
const halvesOf = (seed: number, event: MoneyEvent): Halves => {
  const known = halves.get(event)
  if (known) return known
  const lateMs = (id: string) => randomFor(seed, `late/${id}`).int(0, 47 * 60) * 60_000
  const [first, second] = [idOf(seed, event, 'held'), idOf(seed, event, 'out')]
  const made = { first, second, firstLateMs: lateMs(first), secondLateMs: lateMs(second) }
  halves.set(event, made)
  return made
}

const idOf = (seed: number, { id }: MoneyEvent, part: string): string =>
  [1, 2, 3].map((n) => hashOf(seed, `transaction/${id}/${part}/${n}`).toString(36)).join('')

export const financeRoutes = (
  { world, guard }: { readonly world: World; readonly guard: Guard },
): SandboxRoute[] => {
  const pages = createSigner(world.seed, 'finances-token')
  const lists = new Map<string, readonly Transaction[]>()
  const listOf = (
    partner: Partner,
    { window, accepts }: Exclude<ReturnType<typeof readParams>, string>,
  ): readonly Transaction[] =>
    [...transactionsBy(world, partner, world.at(), window)].filter(accepts)
      .sort((a, b) => a.postedAt - b.postedAt || (a.id < b.id ? -1 : 1))
  const list = (query: URLSearchParams, partner: Partner): SandboxAnswer => {
    const params = readParams(query, world.at())
    if (typeof params === 'string') return invalid(params)
    const { nextToken, ...same } = Object.fromEntries(query)
    const fingerprint = JSON.stringify([partner.id, Object.entries(same).sort()])
    const token = nextToken === undefined ? undefined : Token.safeParse(pages.open(nextToken))
    if (token && (!token.success || token.data.fingerprint !== fingerprint)) {
      return invalid('The nextToken is expired or does not belong to the request.')
    }
    const after = token?.data?.after
    // the pages of one walk are of one list
    const all = token ? lists.get(fingerprint) ?? listOf(partner, params) : listOf(partner, params)
    lists.delete(fingerprint)
    lists.set(fingerprint, all)
    for (const oldest of lists.keys()) if (lists.size > mostLists) lists.delete(oldest)
    const found = all.slice(after ? firstBehind(all, after) : 0)
    // now and then a page has nothing but a token
    const isGap = after !== undefined && !token?.data?.gap && found.length > 0 &&
      randomFor(world.seed, `gap/${after[1]}`).chance(0.3)
    const told = isGap ? [] : found.slice(0, pageSize)
    const last = told.at(-1)
    const next = isGap
      ? after
      : last && found.length > told.length
      ? [last.postedAt, last.id]
      : undefined
    return {
      status: 200,
      body: {
        payload: {
          transactions: told.map((one) => wireTransaction(one, world, partner)),
          ...(next ? { nextToken: pages.sign({ fingerprint, after: next, gap: isGap }) } : {}),
        },
      },
    }
  }
  return [{
    ...{ method: 'GET', path, host: sellingHost, operation: 'listTransactions' },
    handle: guard('listTransactions', ({ url }, partner) => list(url.searchParams, partner)),
  }]
}

const mostLists = 8

const firstBehind = (all: readonly Transaction[], [at, id]: readonly [number, string]): number => {
  const found = all.findIndex((one) => one.postedAt > at || one.postedAt === at && one.id > id)
  return found === -1 ? all.length : found
}

const Token = z.object({
  fingerprint: z.string(),
  after: z.tuple([z.number(), z.string()]),
  gap: z.boolean(),
})

const filters = ['FINANCIAL_EVENT_GROUP_ID', 'ORDER_ID']
const states = ['DEFERRED', 'RELEASED', 'DEFERRED_RELEASED']

const readParams = (query: URLSearchParams, now: number) => {
  const given = (name: string) => query.get(name) ?? undefined
  const name = given('relatedIdentifierName')
  const value = given('relatedIdentifierValue')
  const status = given('transactionStatus')
  if (name !== undefined && !filters.includes(name)) {
    return `relatedIdentifierName "${name}" is no filter.`
  }
  if ((name === undefined) !== (value === undefined)) return 'A related identifier needs its value.'
  if (status !== undefined && !states.includes(status)) {
    return `Unknown transactionStatus "${status}".`
  }
  const [after, before] = [given('postedAfter'), given('postedBefore')]
  if (after === undefined && name === undefined) return 'postedAfter is required.'
  const from = after === undefined ? -Infinity : Date.parse(after)
  const to = before === undefined ? now - youngestMs : Date.parse(before)
  if (Number.isNaN(from) || Number.isNaN(to)) return 'A date must be in ISO 8601 format.'
  if (from > now - youngestMs || to > now - youngestMs) {
    return 'Dates must be more than two minutes before the time of the request.'
  }
  if (to <= from) return 'postedBefore must be later than postedAfter.'
  const isTooLong = from > -Infinity && to - from > longestMs
  return {
    window: { from, to },
    accepts: (one: Transaction): boolean =>
      !isTooLong &&
      (status ?? one.status) === one.status &&
      (name === undefined || name === 'ORDER_ID' && one.event.order?.id === value) &&
      (given('marketplaceId') ?? marketplaceId) === marketplaceId,
  }
}

const wireTransaction = (one: Transaction, world: World, partner: Partner): object => {
  const { event, status, pairId } = one
  const { order, kind, rows } = event
  const settled = status === 'DEFERRED' ? undefined : settlementsBy(world, partner, world.at())
    .find(({ from, to }) => event.releasedAt >= from && event.releasedAt < to)
  const related = [
    ['ORDER_ID', order?.id],
    [kind === 'Refund' ? 'REFUND_ID' : 'SHIPMENT_ID', order && event.reference],
    [status === 'RELEASED' ? 'DEFERRED_TRANSACTION_ID' : 'RELEASE_TRANSACTION_ID', pairId],
    ['SETTLEMENT_ID', settled?.id],
  ]
  return {
    sellingPartnerMetadata: {
      ...{ sellingPartnerId: partner.id, accountType: 'Standard Orders', marketplaceId },
    },
    relatedIdentifiers: related.flatMap(([name, value]) =>
      value === undefined ? [] : [{ relatedIdentifierName: name, relatedIdentifierValue: value }]
    ),
    transactionType: kind,
    transactionId: one.id,
    transactionStatus: status,
    description: kind === 'Refund'
      ? 'Refund Order'
      : kind === 'Shipment'
      ? 'Order Payment'
      : 'Fees',
    postedDate: iso(one.postedAt),
    totalAmount: amount(sumOf(rows)),
    marketplaceDetails: { marketplaceId, marketplaceName: 'Amazon.in' },
    items: itemsOf(event),
    ...(status === 'DEFERRED'
      ? { contexts: [{ contextType: 'DeferredContext', deferralReason: 'DD7' }] }
      : {}),
    breakdowns: breakdownsOf(rows),
  }
}

const itemsOf = ({ rows, order }: MoneyEvent): object[] => {
  const lines = [...new Set(rows.flatMap(({ line }) => line ?? []))]
  return lines.map((line) => {
    const own = rows.filter((row) => row.line === line)
    return {
      description: line.title,
      totalAmount: amount(sumOf(own)),
      breakdowns: breakdownsOf(own),
      contexts: [{
        contextType: 'ProductContext',
        ...{ asin: line.asin, sku: line.sku, quantityShipped: line.quantity },
        fulfillmentNetwork: order?.fulfilledBy === 'AMAZON' ? 'AFN' : 'MFN',
      }],
    }
  })
}

const words: Readonly<Record<string, string>> = {
  'ItemPrice': 'ProductCharges',
  'ItemFees': 'AmazonFees',
  'ItemTCS': 'TCS',
  'ItemTDS': 'TDS',
  'Promotion': 'PromotionalRebates',
  'other-transaction': 'ServiceFees',
}
const breakdownsOf = (rows: readonly MoneyRow[]): object[] =>
  [...new Set(rows.map(({ amountType }) => amountType))].map((type) => {
    const own = rows.filter(({ amountType }) => amountType === type)
    return {
      breakdownType: words[type] ?? type,
      breakdownAmount: amount(sumOf(own)),
      breakdowns: own.map(({ description, paise }) => ({
        ...{ breakdownType: description, breakdownAmount: amount(paise), breakdowns: [] },
      })),
    }
  })

/** A JSON number, as Amazon writes it. */
const amount = (paise: number): object => ({ currencyCode: 'INR', currencyAmount: paise / 100 })
