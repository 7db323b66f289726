/** A recording of what was asked of a marketplace and what it answered, without a secret or a buyer. */
import { z } from 'zod'

const Texts = z.record(z.string(), z.string())
const Exchange = z.strictObject({
  /** What the upstream's clock showed before the request. */
  at: z.iso.datetime(),
  request: z.strictObject({
    method: z.string(),
    host: z.string(),
    path: z.string(),
    query: Texts,
    headers: Texts,
    /** JSON as it is, a form as an object of texts; null: none. */
    body: z.unknown(),
  }),
  answer: z.strictObject({
    /** 0: there was no answer. */
    status: z.number().int(),
    headers: Texts,
    body: z.unknown(),
    /** The answer was no JSON, or half of it. */
    broken: z.literal(true).optional(),
    /** A document: its bytes are not kept. */
    document: z.strictObject({ mime: z.string(), byteSize: z.number().int() }).optional(),
    /** A file of rows: the body holds what was read of it, or null where nothing was in it. */
    table: z.literal(true).optional(),
  }),
})
const Cassette = z.strictObject({
  version: z.literal(1),
  plugin: z.strictObject({ id: z.string(), version: z.string(), upstream: z.string() }),
  /** The account that it was recorded with, with invented secrets: replays need it. */
  account: z.strictObject({
    externalAccountId: z.string(),
    details: z.unknown(),
    credentials: z.unknown(),
  }),
  /** The plugin's configuration during it. */
  config: z.unknown(),
  exchanges: z.array(Exchange),
  /** What the clock showed at the end. */
  end: z.iso.datetime(),
  /** Every value that stands for a real one; whatever else looks personal is a leak. */
  invented: z.array(z.string()),
})
export type Exchange = z.infer<typeof Exchange>
export type Cassette = z.infer<typeof Cassette>

/** Keys in order, so that two recordings can be compared line by line. */
export const cassetteText = (cassette: Cassette): string =>
  `${JSON.stringify(inOrder(cassette), null, 2)}\n`

/** Throws with the place of what is wrong, and never with a value. */
export const readCassette = (text: string): Cassette => {
  const read = Cassette.safeParse(JSON.parse(text))
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new Error(`Cannot read the cassette: "${issue?.path.join('.')}" is not as it should be`)
}

export const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder)
  if (!value || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1)
      .map(([key, one]) => [key, inOrder(one)]),
  )
}
