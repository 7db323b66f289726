/**
 * Which windows of change times a sync walks. The gateway's cursor is a place behind the last row, so a
 * row that changes during the walk comes again behind the window's end: in the next window, which begins
 * an hour before the end of this one.
 */
import type { Cursor, Walk } from './schemas.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Changes that show up late, and those whose push was lost, are met again. */
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

const windowOf = (from: number, to: number, last: boolean): Walk => ({
  from: iso(from),
  to: iso(to),
  page: null,
  last,
})

const iso = (ms: number): string => new Date(ms).toISOString()
