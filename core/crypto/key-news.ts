/** Word of changed keys for every process: stored with the change, looked for every few seconds. */
import { z } from 'zod'
import type { Database, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Keyring } from './keyring.ts'

const kinds = ['rotated', 'destroyed'] as const
export interface KeyChange {
  readonly sellerId: string
  /** `destroyed`: no process may use them any more. `rotated`: there are others to seal with. */
  readonly kind: typeof kinds[number]
}

/** In the transaction of the change, in the seller's scope or in platform scope. */
export const tellKeyNews = async (
  tx: Pick<Tx, 'run'>,
  { sellerId, kind }: KeyChange,
): Promise<void> => {
  await tx.run(command`
    insert into key_news (seller_id, id, kind) values (${sellerId}, ${newId()}, ${kind})`)
}

export interface KeyNews {
  /**
   * Reads what is new, and acts on it: destroyed keys are zeroed, rotated ones are loaded again at
   * their next use. Throws what the database throws; nothing is lost by that. Not twice at a time.
   */
  readonly look: () => Promise<void>
  /**
   * Called in each process after it has zeroed a seller's keys. It may be called again for the same
   * word: when a process starts, and ten times while it throws.
   */
  readonly onDestroyed: (hook: (sellerId: string) => Promise<void> | void) => void
}

const News = z.object({ id: z.string(), sellerId: z.string(), kind: z.enum(kinds) })
type News = z.infer<typeof News>

/** What the first look of a process goes back: longer than any key is kept in memory. */
const firstLookMinutes = 30
const keptHours = 24
const pruneEveryLooks = 1_000 // about half an hour
const mostTries = 10

/**
 * Nothing is listened to (LISTEN does not pass a connection pooler): processes poll. A look reads what
 * was written by transactions that were not over at the look before, so one that took long is seen too.
 */
export const createKeyNews = ({ db, keyring, log }: {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly keyring: Pick<Keyring, 'forget' | 'renew'>
  readonly log: Log
}): KeyNews => {
  const hooks: ((sellerId: string) => Promise<void> | void)[] = []
  let seen: ReadonlySet<string> = new Set()
  let since: string | undefined
  let looks = 0
  /** Words of which a hook has thrown, with how often. */
  let owed: readonly (readonly [news: News, tries: number])[] = []

  const read = () =>
    db.withPlatformScope('key news', async (tx) => {
      const { xmin } = await tx.one(sql.type(z.object({ xmin: z.string() }))`
        select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`)
      const isNew = since === undefined
        ? sql.fragment`told_at > now() - make_interval(mins => ${firstLookMinutes})`
        : sql.fragment`written_by >= ${since}::xid8`
      const news = await tx.any(sql.type(News)`
        select id, seller_id as "sellerId", kind from key_news where ${isNew} order by id`)
      if (looks++ % pruneEveryLooks === 0) {
        await tx.run(command`
          delete from key_news where told_at < now() - make_interval(hours => ${keptHours})`)
      }
      return { xmin, news }
    })

  return {
    onDestroyed: (hook) => void hooks.push(hook),
    look: async () => {
      const { xmin, news } = await read()
      const fresh = news.filter(({ id }) => !seen.has(id))
      for (const { sellerId, kind } of fresh) {
        if (kind === 'destroyed') keyring.forget(sellerId)
        else keyring.renew(sellerId)
      }
      seen = new Set(news.map(({ id }) => id))
      since = xmin
      const due = [...owed, ...fresh.map((one) => [one, 0] as const)]
      const failed: [News, number][] = []
      for (const [one, tries] of due.filter(([{ kind }]) => kind === 'destroyed')) {
        try {
          for (const hook of hooks) await hook(one.sellerId)
        } catch (error) {
          log.error('keys.news-hook-failed', { sellerId: one.sellerId, error })
          if (tries + 1 < mostTries) failed.push([one, tries + 1])
        }
      }
      owed = failed
    },
  }
}
