/** Feeds: many changes in one document, which Amazon works off in its own time. */
import type { Context } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection, explainDocument } from './client.ts'
import { PathId } from './schemas.ts'

const path = '/feeds/2021-06-30'

/** Uploads the document of a feed and hands it in; resolves to the feed's id. */
export const startFeed = async (
  account: Connection,
  ctx: Context,
  feedType: string,
  document: { readonly type: string; readonly body: string },
): Promise<string> => {
  const ask = askAmazon(account, ctx)
  const { feedDocumentId, url } = await ask(NewDocument, `${path}/documents`, {
    method: 'POST',
    operation: 'createFeedDocument',
    json: { contentType: document.type },
  })
  // the URL is its own key, and lives for five minutes: Amazon's storage is sent no token
  await ctx.http(z.unknown(), url, {
    method: 'PUT',
    text: document,
    answer: 'text',
    explain: explainDocument,
  })
  const { feedId } = await ask(NewFeed, `${path}/feeds`, {
    method: 'POST',
    operation: 'createFeed',
    json: {
      feedType,
      marketplaceIds: [account.details.marketplace_id],
      inputFeedDocumentId: feedDocumentId,
    },
  })
  return feedId
}

export type FeedOutcome =
  | { readonly state: 'working' }
  /** The processing report; null: Amazon has made none. */
  | { readonly state: 'done'; readonly report: string | null }
  /** `FATAL`: some, none or all of it was done. `CANCELLED`: nothing. */
  | { readonly state: 'failed'; readonly word: string }

export const feedOutcome = async (
  account: Connection,
  ctx: Context,
  feedId: string,
): Promise<FeedOutcome> => {
  const feed = await askAmazon(account, ctx)(
    Feed,
    `${path}/feeds/${encodeURIComponent(feedId)}`,
    { operation: 'getFeed' },
  )
  return await outcomeOf(account, ctx, feed)
}

/** Feeds of one type since an instant, the newest first. */
export const recentFeeds = async (
  account: Connection,
  ctx: Context,
  feedType: string,
  since: Date,
): Promise<readonly Feed[]> => {
  const { feeds } = await askAmazon(account, ctx)(Feeds, `${path}/feeds`, {
    operation: 'getFeeds',
    query: { feedTypes: [feedType], createdSince: since.toISOString(), pageSize: 100 },
  })
  return feeds.toSorted((one, other) => Date.parse(other.createdTime) - Date.parse(one.createdTime))
}

export const outcomeOf = async (
  account: Connection,
  ctx: Context,
  feed: Feed,
): Promise<FeedOutcome> => {
  const { processingStatus: word, resultFeedDocumentId: id } = feed
  if (word === 'IN_QUEUE' || word === 'IN_PROGRESS') return { state: 'working' }
  if (word !== 'DONE') return { state: 'failed', word }
  if (!id) return { state: 'done', report: null }
  const { url } = await askAmazon(account, ctx)(
    Document,
    `${path}/documents/${encodeURIComponent(id)}`,
    // told to, Amazon's storage names the compression, and it is undone on the way
    { operation: 'getFeedDocument', query: { enableContentEncodingUrlHeader: 'true' } },
  )
  return {
    state: 'done',
    report: await ctx.http(z.string(), url, { answer: 'text', explain: explainDocument }),
  }
}

const NewDocument = z.object({ feedDocumentId: PathId, url: z.url() })
const NewFeed = z.object({ feedId: PathId })
const Feed = z.object({
  feedId: PathId,
  createdTime: z.iso.datetime({ offset: true }),
  processingStatus: z.string(),
  resultFeedDocumentId: PathId.nullish(),
})
export type Feed = z.infer<typeof Feed>
const Feeds = z.object({ feeds: z.array(Feed) })
const Document = z.object({ url: z.url() })
