/**
 * Many changes in one feed (`JSON_LISTINGS_FEED`). A feed that waits would overtake what is sent after
 * it: so nothing is answered before it is worked off, and the account sends nothing else until then,
 * because the host has one push of an account on its way at most.
 */
import { type Context, failure, type StockChange, type StockResult } from 'robnu/plugin'
import { z } from 'zod'
import type { Connection } from '../client.ts'
import { outcomeOf, recentFeeds, startFeed } from '../feeds.ts'
import { patchListings, patchOf, productType, readListings } from './listings.ts'
import { acceptedOf, reasonOf, rejectedOf, type Told } from './told.ts'

const feedType = 'JSON_LISTINGS_FEED'
const contentType = 'application/json; charset=UTF-8'
const minuteMs = 60_000
/** How long ago a feed may have been handed in that these changes may stand in. */
const recentMs = 20 * minuteMs
/** A read is worth it, or a feed, when more than so many differ; see stock.ts. */
const fewChanges = 50

/**
 * Called again with the same changes, or newer ones: what Amazon has by then is accepted. What differs is
 * handed in as a feed once, and one by one after that, so that it ends. Throws `not-ready` while a feed
 * is being worked off.
 */
export const pushByFeed = async (
  account: Connection,
  changes: readonly StockChange[],
  ctx: Context,
): Promise<Told> => {
  const levels = await readListings(account, changes.map(({ sku }) => sku), ctx)
  const told = new Map<string, StockResult>()
  for (const change of changes) {
    if (levels.get(change.sku) === change.quantity) told.set(change.sku, acceptedOf(change))
  }
  const left = () => changes.filter(({ sku }) => !told.has(sku))
  if (left().length > fewChanges) {
    const since = new Date(ctx.now().getTime() - recentMs)
    const [last] = await recentFeeds(account, ctx, feedType, since)
    if (!last) {
      await startFeed(account, ctx, feedType, documentOf(account, left()))
      throw notReady()
    }
    const outcome = await outcomeOf(account, ctx, last)
    if (outcome.state === 'working') throw notReady()
    const refused = outcome.state === 'done' ? refusalsOf(outcome.report) : new Map()
    if (outcome.state === 'failed') ctx.log('amazon.feed-failed', { word: outcome.word })
    for (const change of left()) {
      const reason = refused.get(change.sku)
      if (reason) told.set(change.sku, rejectedOf(change, reason))
    }
  }
  const rest = left()
  if (rest.length === 0) return told
  return new Map([...told, ...await patchListings(account, rest, ctx)])
}

const notReady = (): Error =>
  failure('unavailable', 'Amazon is still working off the list of quantities', {
    code: 'not-ready',
    retryAfterMs: minuteMs,
  })

const documentOf = (account: Connection, changes: readonly StockChange[]) => ({
  type: contentType,
  body: JSON.stringify({
    header: {
      sellerId: account.details.selling_partner_id,
      version: '2.0',
      issueLocale: 'en_US',
    },
    messages: changes.map(({ sku, quantity }, at) => ({
      messageId: at + 1,
      sku,
      operationType: 'PATCH',
      productType,
      patches: patchOf(quantity),
    })),
  }),
})

/** SKU → why; a report that cannot be read refuses nothing, and each SKU is asked for by itself. */
const refusalsOf = (report: string | null): ReadonlyMap<string, string> => {
  const parsed = Report.safeParse(jsonOf(report ?? ''))
  if (!parsed.success) return new Map()
  return new Map(
    parsed.data.issues.flatMap(({ sku, code, severity }): [string, string][] =>
      sku && severity === 'ERROR' ? [[sku, `issue-${reasonOf(code, 'unknown')}`]] : []
    ),
  )
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const Report = z.object({
  issues: z.array(z.object({
    sku: z.string().nullish(),
    code: z.string().nullish(),
    severity: z.string(),
  })),
})
