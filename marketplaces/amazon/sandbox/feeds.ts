/** Feeds: a document that is uploaded, waits, is worked off, and has a processing report. */
import { digitsOf, randomFor, type SandboxAnswer, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Documents } from './documents.ts'
import type { Guard } from './guard.ts'
import { iso, wireError } from './wire.ts'
import { type Act, countDone, type Partner, type World } from './world.ts'

/** Works off a feed at the end of its time; answers the processing report. Throws: it is FATAL. */
export interface FeedHandler {
  readonly work: (
    feed: { readonly id: string; readonly partner: Partner; readonly text: string },
    at: number,
  ) => string
  /** Of the report. */
  readonly type: string
}
export interface Feeds {
  /** Lets end what is due by then, in the order of time. Acts that a feed can change call it first. */
  readonly settle: (at: number) => void
  readonly acts: Readonly<Record<string, Act>>
  readonly routes: (options: { readonly guard: Guard; readonly world: World }) => SandboxRoute[]
}

interface Feed {
  readonly id: string
  readonly type: string
  readonly partner: Partner
  readonly input: string
  readonly marketplaceIds: readonly string[]
  readonly createdAt: number
  readonly startsAt: number
  readonly endsAt: number
  /** By the seed: it dies before any work is done. */
  readonly doomed: boolean
  end?: 'DONE' | 'FATAL' | 'CANCELLED'
  result?: string
}

const path = '/feeds/2021-06-30'
const host = 'sellingpartnerapi-eu.amazon.com'
const doom = 0.02
const retentionMs = 90 * 86_400_000

export const createFeeds = (
  { seed, documents, handlers }: {
    readonly seed: number
    readonly documents: Documents
    readonly handlers: Readonly<Record<string, FeedHandler>>
  },
): Feeds => {
  const feeds = new Map<string, Feed>()
  const keyOf = (partner: Partner, id: string) => `${partner.id}\n${id}`
  const waiting = () => [...feeds.values()].filter(({ end }) => end === undefined)

  const settle = (at: number): void => {
    const due = waiting().filter(({ endsAt }) => endsAt <= at)
    for (const feed of due.sort((one, other) => one.endsAt - other.endsAt)) workOff(feed)
  }
  const workOff = (feed: Feed): void => {
    const handler = handlers[feed.type]
    const text = documents.textOf(feed.partner.id, feed.input)
    if (feed.doomed || !handler || text === undefined) {
      feed.end = 'FATAL'
      return
    }
    try {
      const report = handler.work({ id: feed.id, partner: feed.partner, text }, feed.endsAt)
      const name = `result/${feed.id}`
      const { type } = handler
      feed.result = documents.keep(feed.partner.id, name, { text: report, type, gzip: true })
      feed.end = 'DONE'
    } catch {
      feed.end = 'FATAL'
    }
  }

  const acts: Record<string, Act> = {
    createFeedDocument: (_world, partner, body) => {
      const read = NewDocument.safeParse(body)
      if (!read.success) return invalid('contentType must be given.')
      countDone(partner, 'createFeedDocument')
      const name = `upload/${partner.done.get('createFeedDocument')}`
      const { id, url } = documents.open(partner.id, name, read.data.contentType)
      return { status: 201, body: { feedDocumentId: id, url } }
    },
    createFeed: (world, partner, body) => {
      settle(world.at())
      const read = NewFeed.safeParse(body)
      if (!read.success) return invalid('feedType, marketplaceIds, inputFeedDocumentId are needed.')
      const { feedType, inputFeedDocumentId, marketplaceIds } = read.data
      if (!Object.hasOwn(handlers, feedType)) return invalid(`Unknown feedType "${feedType}".`)
      if (documents.textOf(partner.id, inputFeedDocumentId) === undefined) {
        return invalid('The inputFeedDocumentId names no document that was uploaded.')
      }
      countDone(partner, 'createFeed')
      const number = partner.done.get('createFeed')
      const key = `feed/${partner.id}/${number}`
      const random = randomFor(seed, key)
      const startsAt = world.at() + random.int(30, 120) * 1000
      const feed: Feed = {
        ...{ id: digitsOf(seed, key, 12), type: feedType, partner, marketplaceIds },
        ...{ input: inputFeedDocumentId, createdAt: world.at(), startsAt },
        endsAt: startsAt + random.int(60, 240) * 1000,
        doomed: random.chance(doom),
      }
      feeds.set(keyOf(partner, feed.id), feed)
      return { status: 202, body: { feedId: feed.id } }
    },
    cancelFeed: (world, partner, body) => {
      settle(world.at())
      const feed = feeds.get(keyOf(partner, One.parse(body).feedId))
      if (!feed) return notFound()
      if (feed.end || world.at() >= feed.startsAt) {
        return invalid('The feed cannot be cancelled: it is not IN_QUEUE.')
      }
      feed.end = 'CANCELLED'
      return { status: 200, body: {} }
    },
  }

  const routes: Feeds['routes'] = ({ guard, world }) => {
    const write = (method: string, path: string, operation: string): SandboxRoute => ({
      ...{ method, path, host, operation },
      handle: guard(operation, ({ params, body }, partner) => {
        const json = jsonOf(body)
        if (!json) return invalid('The body is no JSON object.')
        return world.run(operation, partner.id, { ...json, ...params }) as SandboxAnswer
      }),
    })
    const read = (
      path: string,
      operation: string,
      answer: (partner: Partner, params: Params, query: URLSearchParams) => SandboxAnswer,
    ): SandboxRoute => ({
      ...{ method: 'GET', path, host, operation },
      handle: guard(operation, ({ params, url }, partner) => {
        settle(world.at())
        return answer(partner, params, url.searchParams)
      }),
    })
    return [
      write('POST', `${path}/documents`, 'createFeedDocument'),
      write('POST', `${path}/feeds`, 'createFeed'),
      write('DELETE', `${path}/feeds/{feedId}`, 'cancelFeed'),
      read(`${path}/feeds`, 'getFeeds', (partner, _params, query) => {
        const own = [...feeds.values()].filter((feed) => feed.partner === partner)
        return list(own, query, world.at())
      }),
      read(`${path}/feeds/{feedId}`, 'getFeed', (partner, { feedId = '' }) => {
        const feed = feeds.get(keyOf(partner, feedId))
        return feed ? { status: 200, body: wireFeed(feed, world.at()) } : notFound()
      }),
      read(`${path}/documents/{id}`, 'getFeedDocument', (partner, { id = '' }, query) => {
        const encoded = query.get('enableContentEncodingUrlHeader') === 'true'
        const told = documents.told(partner.id, id, encoded)
        return told ? { status: 200, body: { feedDocumentId: id, ...told } } : notFound()
      }),
    ]
  }
  return { settle, acts, routes }
}

type Params = Readonly<Record<string, string>>

const stateOf = ({ end, startsAt }: Feed, at: number): string =>
  end ?? (at < startsAt ? 'IN_QUEUE' : 'IN_PROGRESS')

const wireFeed = (feed: Feed, at: number): object => ({
  feedId: feed.id,
  feedType: feed.type,
  marketplaceIds: feed.marketplaceIds,
  createdTime: iso(feed.createdAt),
  processingStatus: stateOf(feed, at),
  ...(at >= feed.startsAt ? { processingStartTime: iso(feed.startsAt) } : {}),
  ...(feed.end ? { processingEndTime: iso(feed.endsAt) } : {}),
  ...(feed.result ? { resultFeedDocumentId: feed.result } : {}),
})

/** Newest first; there is one page, for nobody here makes a hundred feeds in the time that is asked for. */
const list = (feeds: readonly Feed[], query: URLSearchParams, at: number): SandboxAnswer => {
  const words = (name: string) =>
    query.getAll(name).flatMap((one) => one.split(',')).filter((one) => one !== '')
  const types = words('feedTypes')
  const states = words('processingStatuses')
  const since = Date.parse(query.get('createdSince') ?? '') || at - retentionMs
  const size = Number(query.get('pageSize') ?? 10)
  if (types.length === 0 || types.length > 10) return invalid('feedTypes needs 1 to 10 values.')
  if (!(size >= 1 && size <= 100)) return invalid('pageSize must be between 1 and 100.')
  const found = feeds.filter((feed) =>
    types.includes(feed.type) && feed.createdAt >= since &&
    (states.length === 0 || states.includes(stateOf(feed, at)))
  )
  const newest = found.toSorted((one, other) => other.createdAt - one.createdAt)
  return { status: 200, body: { feeds: newest.slice(0, size).map((one) => wireFeed(one, at)) } }
}

const jsonOf = (body: string): object | undefined => {
  try {
    const json: unknown = JSON.parse(body || '{}')
    return json instanceof Object ? json : undefined
  } catch {
    return undefined
  }
}

const NewDocument = z.object({ contentType: z.string().min(1) })
const NewFeed = z.object({
  feedType: z.string(),
  marketplaceIds: z.array(z.string()).min(1).max(25),
  inputFeedDocumentId: z.string(),
})
const One = z.object({ feedId: z.string() })

const invalid = (message: string): SandboxAnswer => wireError(400, 'InvalidInput', message)
const notFound = (): SandboxAnswer => wireError(404, 'NotFound', 'The feed was not found.')
