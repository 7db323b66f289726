/** Which windows of change times a sync walks, list by list, and how it goes from page to page. */
import type { Cursor, Walk } from './schemas.ts'

const dayMs = 24 * 60 * 60_000
/** Changes that show up late are met again. */
const overlapMs = 15 * 60_000
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
  asked: null,
})

/** The window that begins at the watermark; undefined when there is nothing new to see. */
export const planWalk = (from: string, now: Date, list: string): Walk | undefined => {
  const start = Date.parse(from)
  const present = now.getTime()
  if (start >= present) return undefined
  const last = present - start <= maxWindowMs
  // what is not the last ends where little can show up late: then windows need only touch
  const to = last ? present : Math.min(start + maxWindowMs, present - overlapMs)
  return windowOf(start, to, list, last)
}

/** Where the next window begins after this one: behind its end when late changes are possible. */
export const watermarkAfter = (cursor: Cursor, walk: Walk): string => {
  const reached = walk.last ? iso(Date.parse(walk.to) - overlapMs) : walk.to
  return reached > cursor.watermark ? reached : cursor.watermark
}

/** A walk that has taken so long is followed by another one at once. */
const patienceMs = 60 * 60_000
export const isBehind = ({ to }: Walk, now: Date): boolean =>
  now.getTime() - Date.parse(to) > patienceMs

/** The daily walk over the last days, when it is due. */
export const planDeep = (cursor: Cursor, now: Date, list: string): Walk | undefined =>
  now.getTime() - Date.parse(cursor.deepAt) < dayMs
    ? undefined
    : windowOf(now.getTime() - deepMs, now.getTime(), list, true)

/** A window inside one that was asked for; undefined when that one is walked. */
export const planPass = (from: string, end: string, now: Date, list: string): Walk | undefined => {
  const start = Date.parse(from)
  const stop = Math.min(Date.parse(end), now.getTime())
  if (start >= stop) return undefined
  const to = Math.min(start + maxWindowMs, stop)
  return windowOf(start, to, list, to === stop)
}

/** What is left of the window after a page; null: nothing. */
export const advance = (
  walk: Walk,
  next: string | null,
  lists: readonly string[],
): Walk | null => {
  if (next !== null) return { ...walk, next }
  // what moves on to another list during the walk changes behind the window's end: the next one meets it
  const list = lists[lists.indexOf(walk.list) + 1]
  return list === undefined ? null : { ...walk, list, next: null, again: false }
}

const windowOf = (from: number, to: number, list: string, last: boolean): Walk => ({
  ...{ from: iso(from), to: iso(to), list, next: null, again: false, last },
})

const iso = (ms: number): string => new Date(ms).toISOString()
