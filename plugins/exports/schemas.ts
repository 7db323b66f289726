/** What goes in and out. */
import { orderStates, payoutStates, returnStates } from 'robnu/plugin'
import { z } from 'zod'
import { formats } from './cells.ts'
import { tables, whats } from './tables.ts'

export const Config = z.strictObject({
  /** How long a file is there. */
  keepDays: z.int().min(1).max(366).default(30),
}).default({ keepDays: 30 })
export type Config = z.infer<typeof Config>

const dayMs = 24 * 3_600_000
const meant = 'an instant with offset, or a day (YYYY-MM-DD), which is meant in Asia/Kolkata'

/** As the API reads them: of a day, the start is its first instant, and the end that of the next one. */
const edge = (isEnd: boolean, what: string) =>
  z.string().max(40).refine((text) => timeOf(text, isEnd) !== null, `must be ${meant}`)
    .meta({ description: `${what}: ${meant}`, examples: ['2026-01-31'] })

/** Null for what is neither. */
export const timeOf = (text: string, isEnd: boolean): Date | null => {
  if (z.iso.date().safeParse(text).success) {
    // India has one zone and no summer time
    const start = new Date(`${text}T00:00:00+05:30`)
    return isEnd ? new Date(start.getTime() + dayMs) : start
  }
  return z.iso.datetime({ offset: true }).safeParse(text).success ? new Date(text) : null
}

const statuses = [...new Set([...orderStates, ...returnStates, ...payoutStates])] as const

export const Ask = z.strictObject({
  what: z.enum(whats),
  format: z.enum(formats).default('csv'),
  excel: z.boolean().default(false)
    .meta({ description: 'A csv begins with a byte order mark, by which Excel knows UTF-8' }),
  from: edge(false, 'Where the range begins, itself inside').optional(),
  to: edge(true, 'Where the range ends, itself outside; a day is inside as a whole').optional(),
  account: z.uuid().optional().meta({ description: 'Of one marketplace account' }),
  status: z.enum(statuses).optional().meta({ description: 'One that rows of this kind can have' }),
}).superRefine(({ what, format, excel, from, to, account, status }, ctx) => {
  const fail = (path: string, message: string) =>
    ctx.addIssue({ code: 'custom', path: [path], message })
  const table = tables[what]
  if (!table.ofAccounts) {
    const given = { from, to, account }
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined) fail(name, `cannot be asked of ${what}`)
    }
  }
  if (status !== undefined && !table.statuses.includes(status)) {
    fail('status', `is none of ${what}`)
  }
  if (excel && format !== 'csv') fail('excel', 'is for a csv')
  const [start, end] = [from && timeOf(from, false), to && timeOf(to, true)]
  if (start && end && start >= end) fail('to', 'must be after the beginning of the range')
})
export type Ask = z.output<typeof Ask>

export const ById = z.object({ id: z.uuid() })
export const ListQuery = z.object({
  cursor: z.uuid().optional().meta({ description: '`page.next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
export type ListQuery = z.output<typeof ListQuery>

const instant = z.string().nullable()
export const Export = z.object({
  id: z.uuid(),
  what: z.enum(whats),
  format: z.enum(formats),
  excel: z.boolean(),
  from: instant,
  to: instant,
  status: z.string().nullable(),
  accounts: z.array(z.uuid()).nullable().meta({ description: 'Null: all' }),
  state: z.enum(['WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED', 'EXPIRED']),
  rows: z.int().meta({ description: 'Written so far' }),
  bytes: z.int().meta({ description: 'Written so far' }),
  sha256: z.string().nullable().meta({ description: 'Of the whole file, in hexadecimal' }),
  error: z.string().nullable(),
  created_at: z.string(),
  finished_at: instant,
  expires_at: instant.meta({ description: 'Until when the file is there' }),
})
export type Export = z.infer<typeof Export>
export const ExportList = z.object({
  data: z.array(Export),
  page: z.object({ next: z.string().nullable() }),
})
export const Link = z.object({
  url: z.string().meta({
    description: 'Needs no sign-in; answers Range, so that a download that was cut off goes on',
  }),
  expires_at: z.string(),
  file_name: z.string(),
  bytes: z.int(),
  sha256: z.string(),
})
