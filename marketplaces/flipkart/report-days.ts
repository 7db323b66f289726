/** Which days a report of settlements is asked for, and how far they are read. */
import type { Asked, Cursor } from './schemas.ts'
import { dayInIndia, startOfDay } from './times.ts'

const dayMs = 86_400_000
/** Days of one report. */
const maxDays = 31
/** What is booked late to a payment of before. */
const overlapDays = 7

/** Where the days come from, and where they are kept: the daily run, or a window that was asked for. */
export interface Frame {
  readonly asked: (cursor: Cursor) => Asked | null
  readonly plan: (cursor: Cursor, now: Date) => Asked | null
  readonly keep: (cursor: Cursor, asked: Asked) => Cursor
  readonly end: (cursor: Cursor, asked: Asked, now: Date) => Cursor
}

/** Of the daily run. */
export const changes: Frame = {
  asked: ({ asked }) => asked,
  plan: ({ watermark }, now) =>
    daysFrom(dayBefore(dayInIndia(new Date(watermark)), overlapDays), dayInIndia(now)),
  keep: (cursor, asked) => ({ ...cursor, asked }),
  end: (cursor, { to, last }, now) => ({
    ...cursor,
    asked: null,
    watermark: last
      ? now.toISOString()
      // the next one begins right behind this one
      : new Date(startOfDay(to).getTime() + (overlapDays + 1) * dayMs).toISOString(),
  }),
}

/** Of a window that somebody asked for. */
export const passOf = (
  start: Cursor,
  window: { readonly from: Date; readonly to: Date },
): Frame => {
  const from = window.from.toISOString()
  const to = window.to.toISOString()
  const isOwn = ({ pass }: Cursor) => pass?.from === from && pass.to === to
  // the day that is reached stands in the report that was read before
  let reached = dayInIndia(window.from)
  return {
    asked: (cursor) => isOwn(cursor) ? cursor.pass?.asked ?? null : null,
    plan: (_cursor, now) => {
      const end = dayInIndia(window.to < now ? window.to : now)
      return daysFrom(reached, end)
    },
    keep: (cursor, asked) => ({ ...cursor, pass: { from, to, walk: null, asked } }),
    end: (cursor, asked, now) => {
      reached = dayBefore(asked.to, -1)
      const end = dayInIndia(window.to < now ? window.to : now)
      const next = asked.last ? null : daysFrom(reached, end)
      const pass = next && { from, to, walk: null, asked: next }
      return { ...cursor, pass: pass ?? (isOwn(start) ? null : start.pass) }
    },
  }
}

/** Null: there is no such day. The id is given when it is asked for. */
const daysFrom = (from: string, end: string): Asked | null => {
  if (from > end) return null
  const most = dayBefore(from, 1 - maxDays)
  const to = most < end ? most : end
  return { id: '', from, to, times: 1, last: to === end }
}

const dayBefore = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - days * dayMs).toISOString().slice(0, 10)
