/**
 * Which windows of change times a sync walks, and how it goes from page to page. The gateway counts its
 * pages by position, and a row that changes leaves the window: every row behind it moves up by one, and
 * whoever asks for the next number misses one. So a page does not follow by its number: it begins at the
 * instant that the page before has reached.
 */
import type { RawPage } from './answers.ts'
import type { Cursor, Walk } from './schemas.ts'
import { ajioTime } from './times.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Changes that show up late are met again. */
const overlapMs = 60 * minuteMs
/** A window that must be begun again costs at most this much. */
const maxWindowMs = 15 * dayMs
/** Changes that show up later than the overlap are met by a walk over this long, once a day. */
const deepMs = 7 * dayMs

/** The cursor of an account that was never synced. */
export const firstCursor = (now: Date, historyDays: number): Cursor => ({
  watermark: iso(now.getTime() - historyDays * dayMs),
  walk: null,
  deep: null,
  deepAt: now.toISOString(),
  pass: null,
})

/** The window that begins at the watermark; undefined when there is nothing new to see. */
export const planWalk = (from: string, now: Date): Walk | undefined => {
  const start = Date.parse(from)
  const present = now.getTime()
  if (start >= present) return undefined
  const last = present - start <= maxWindowMs
  // what is not the last ends where little can show up late: then windows need only touch
  return windowOf(start, last ? present : Math.min(start + maxWindowMs, present - overlapMs), last)
}

/** Where the next window begins after this one: behind its end when late changes are possible. */
export const watermarkAfter = (cursor: Cursor, walk: Walk): string => {
  const reached = walk.last ? iso(Date.parse(walk.to) - overlapMs) : walk.to
  return reached > cursor.watermark ? reached : cursor.watermark
}

/** The daily walk over the last days, when it is due. */
export const planDeep = (cursor: Cursor, now: Date): Walk | undefined =>
  now.getTime() - Date.parse(cursor.deepAt) < dayMs
    ? undefined
    : windowOf(now.getTime() - deepMs, now.getTime(), true)

/** A window inside one that was asked for; undefined when that one is walked. */
export const planPass = (from: string, end: string, now: Date): Walk | undefined => {
  const start = Date.parse(from)
  const stop = Math.min(Date.parse(end), now.getTime())
  if (start >= stop) return undefined
  const to = Math.min(start + maxWindowMs, stop)
  return windowOf(start, to, to === stop)
}

/** What is left of the window after this page; null: nothing. */
export const advance = (
  walk: Walk,
  { content, totalPages, totalElements }: RawPage,
): Walk | null => {
  // rows have left while pages were counted by number: those behind them moved up unseen
  const shifted = walk.page > 0 && walk.total !== null && totalElements < walk.total
  if (shifted) return { ...walk, page: 0, total: null }
  if (content.length === 0 || walk.page + 1 >= totalPages) return null
  const at = reachedBy(content)
  if (at !== undefined && at > walk.at) return { ...walk, at, page: 0, total: null }
  // more rows of one instant than a page holds: only its number leads on
  return { ...walk, page: walk.page + 1, total: walk.total ?? totalElements }
}

/** The second in which the last readable row changed; undefined when rows are not in order. */
const reachedBy = (content: readonly unknown[]): string | undefined => {
  const seconds = content.flatMap((row) => {
    const told = row instanceof Object && 'updatedAt' in row ? row.updatedAt : undefined
    const at = typeof told === 'string' ? ajioTime(told) : undefined
    return at ? [Math.floor(at.getTime() / 1000)] : []
  })
  const last = seconds.at(-1)
  if (last === undefined || seconds.some((second, i) => second < (seconds[i - 1] ?? second))) {
    return undefined
  }
  return iso(last * 1000)
}

const windowOf = (from: number, to: number, last: boolean): Walk => ({
  from: iso(from),
  to: iso(to),
  at: iso(from),
  page: 0,
  total: null,
  last,
})

const iso = (ms: number): string => new Date(ms).toISOString()
