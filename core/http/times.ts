/** Points in time as clients write them: instants with an offset, or days of India. */
import { z } from '@hono/zod-openapi'

const Instant = z.iso.datetime({ offset: true })
const Day = z.iso.date()
const dayMs = 24 * 60 * 60_000

/** Undefined for what is neither. `edge` says which end of a day is meant; both are instants. */
const parse = (text: string, edge: 'start' | 'end'): Date | undefined => {
  if (Day.safeParse(text).success) {
    // India has one zone and no summer time
    const start = new Date(`${text}T00:00:00+05:30`)
    return edge === 'start' ? start : new Date(start.getTime() + dayMs)
  }
  if (!Instant.safeParse(text).success) return undefined
  const instant = new Date(text)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

const timeOf = (edge: 'start' | 'end', description: string) =>
  z.string().max(40).transform((text, ctx) => {
    const time = parse(text, edge)
    if (time !== undefined) return time
    ctx.addIssue({ code: 'custom', message: 'must be an ISO 8601 time with offset, or a day' })
    return z.NEVER
  }).openapi({
    type: 'string',
    description:
      `${description}: an instant with offset, or a day (YYYY-MM-DD), which is meant in Asia/Kolkata`,
    example: '2026-01-31',
  })

/** Where a range begins; a day: its first instant. */
export const From = timeOf('start', 'Where the range begins, itself inside')
/** Where a range ends, itself outside; a day: the first instant of the next one, so all of it. */
export const To = timeOf('end', 'Where the range ends, itself outside; a day is inside as a whole')
/** When something is over: a day is its last. */
export const End = timeOf('end', 'When it is over; a day is its last')

/** True unless both ends are there and in the wrong order. */
export const isRange = (from: Date | undefined, to: Date | undefined): boolean =>
  from === undefined || to === undefined || from < to
export const rangeMessage = 'must be after the beginning of the range'
