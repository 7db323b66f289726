/**
 * Which windows of `lastUpdatedTime` a sync walks. Amazon shows a change up to two minutes late,
 * and an order moves to the end of time whenever it changes: so a window is walked only when its
 * end has settled, and a change during the walk lands in the next window, never between two.
 */
import type { Cursor, Walk } from './schemas.ts'

const minuteMs = 60_000
/** Amazon refuses an end younger than two minutes; the third is for clocks that disagree. */
const settleMs = 3 * minuteMs
/** Changes that show up later than Amazon promises are met again. */
const overlapMs = 12 * minuteMs
/** A window that must be begun again costs at most this much. */
const maxWindowMs = 15 * 24 * 60 * minuteMs

/** The cursor of an account that was never synced. */
export const firstCursor = (now: Date, historyDays: number): Cursor => ({
  watermark: iso(now.getTime() - historyDays * 24 * 60 * minuteMs),
  walk: null,
  pass: null,
})

/** The window that begins at the watermark; undefined when there is nothing new to see. */
export const planWalk = (from: string, now: Date): Walk | undefined => {
  const start = Date.parse(from)
  const settled = now.getTime() - settleMs
  if (start >= settled) return undefined
  const last = settled - start <= maxWindowMs
  // what is not the last ends where nothing can show up late: then windows need only touch
  const to = last ? settled : Math.min(start + maxWindowMs, settled - overlapMs)
  return { from, to: iso(to), token: null, last }
}

/** Where the next window begins after this one: behind its end when late changes are possible. */
export const watermarkAfter = (walk: Walk): string =>
  walk.last ? iso(Date.parse(walk.to) - overlapMs) : walk.to

/** A window inside one that was asked for; undefined when that one is walked. */
export const planPass = (from: string, end: string, now: Date): Walk | undefined => {
  const start = Date.parse(from)
  const stop = Math.min(Date.parse(end), now.getTime() - settleMs)
  if (start >= stop) return undefined
  const to = Math.min(start + maxWindowMs, stop)
  return { from, to: iso(to), token: null, last: to === stop }
}

const iso = (ms: number): string => new Date(ms).toISOString()
