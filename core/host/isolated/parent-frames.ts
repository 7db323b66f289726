/** What a plugin's process says, checked: it may be anything. */
import { z } from 'zod'

const kinds = ['auth', 'rate-limit', 'unavailable', 'bad-response', 'rejected'] as const
const wireError = z.object({
  message: z.string().max(10_000),
  kind: z.enum(kinds).optional(),
  code: z.string().max(200).optional(),
  status: z.number().optional(),
  retryAfterMs: z.number().optional(),
  ref: z.number().int().optional(),
})
const id = z.number().int()

const frame = z.discriminatedUnion('t', [
  z.object({ t: z.literal('plugin'), value: z.unknown() }),
  z.object({ t: z.literal('fault'), message: z.string() }),
  z.object({
    ...{ t: z.literal('reply'), id, value: z.unknown().optional() },
    error: wireError.optional(),
  }),
  z.object({
    t: z.literal('ask'),
    id,
    call: id,
    what: z.string().max(20),
    args: z.array(z.unknown()).max(10),
  }),
  z.object({
    t: z.literal('log'),
    call: id,
    event: z.string().max(200),
    fields: z.unknown().optional(),
  }),
  z.object({ t: z.literal('pong'), n: id, rss: z.number() }),
])
export type FromChild = z.infer<typeof frame>

/** Undefined for what is no frame. */
export const parseFrame = (line: string): FromChild | undefined => {
  try {
    return frame.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

const text = z.string()
const httpInit = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  query: z.record(z.string(), z.union([text, z.number(), z.array(text)]).optional()).optional(),
  json: z.unknown().optional(),
  form: z.record(z.string(), text).optional(),
  text: z.object({ type: text, body: text }).optional(),
  answer: z.enum(['json', 'exact', 'text']).optional(),
  operation: z.string().optional(),
})
const request = z.tuple([text, httpInit])
const tx = z.number().int()
const most = z.number().int().min(1).max(1000)
const tableAsk = z.object({
  signature: z.array(text),
  sheet: text.optional(),
  groupBy: z.array(text).optional(),
  sha256: text.optional(),
})

/** The arguments of each question. */
export const askArguments = {
  http: request,
  download: request,
  table: z.tuple([text, httpInit, tableAsk]),
  /** The next lines of such a table; `leave`: nobody wants more of them. */
  records: z.tuple([z.number().int(), most]),
  leave: z.tuple([z.number().int()]),
  open: z.tuple([z.enum(['scope', 'make'])]),
  any: z.tuple([tx, text, z.array(z.unknown())]),
  send: z.tuple([tx, text, z.unknown(), text.optional()]),
  audit: z.tuple([tx, text, text]),
  made: z.tuple([tx, text]),
  close: z.tuple([tx, z.enum(['commit', 'nothing', 'rollback']), wireError.optional()]),
  syncDue: z.tuple([z.enum(['ORDERS', 'RETURNS', 'PAYOUTS', 'INVENTORY', 'PROCESSING'])]),
  verifyIdle: z.tuple([z.number().positive()]),
  fileWrite: z.tuple([z.object({ id: text, mime: text, keepDays: z.number() })]),
  fileAppend: z.tuple([text, z.number().int(), z.instanceof(Uint8Array)]),
  fileFinish: z.tuple([text]),
  fileRemove: z.tuple([text]),
  fileUrl: z.tuple([text, z.object({ fileName: text, seconds: z.number() })]),
  reach: z.tuple([text]),
  pull: z.tuple([most]),
} as const
export type What = keyof typeof askArguments
export const isWhat = (what: string): what is What => Object.hasOwn(askArguments, what)
