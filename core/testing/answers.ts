/** Reads an answer as the contract says: a value of the schema, or a failure of the right kind. */
import {
  failure,
  type FailureKind,
  type HttpInit,
  type RateLimit,
  type ReportTable,
  type Schema,
  type TableAsk,
} from '../plugin.ts'
import { isCutRefusal, parseJson } from '../plugin/json.ts'
import { readTable, refuseOtherDigest } from '../reports/read-table.ts'
import { sourceOfBytes } from '../reports/source.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** As it came, where that is more than its text; those of another text count for nothing. */
  readonly bytes?: Uint8Array
}

/** The bytes of the text, whoever has changed it on the way. */
export const bytesOf = ({ text, bytes }: RawAnswer): Uint8Array =>
  bytes && new TextDecoder().decode(bytes) === text ? bytes : new TextEncoder().encode(text)

/** Reads a file of rows as the host does. */
export const readFile = async (
  answer: RawAnswer,
  ask: TableAsk,
  init: HttpInit,
  limits: readonly RateLimit[] = [],
): Promise<ReportTable | null> => {
  const { status, text } = answer
  if (status < 200 || status > 299) throw refusal(answer, parsed(text, false)?.json, init, limits)
  const bytes = bytesOf(answer)
  if (ask.sha256 !== undefined) refuseOtherDigest(ask, await sha256(bytes))
  return await readTable(sourceOfBytes(bytes), ask)
}

/** Hexadecimal. */
export const sha256 = async (bytes: Uint8Array): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', bytes as BufferSource)
  return new Uint8Array(digest).toHex()
}

/** Statuses become failures, `explain` has the first word, and the schema has the last. */
export const readAnswer = async <T>(
  schema: Schema<T>,
  answer: RawAnswer,
  init: HttpInit,
  limits: readonly RateLimit[] = [],
): Promise<T> => {
  const body = init.answer === 'text'
    ? { json: answer.text }
    : parsed(answer.text, init.answer === 'exact')
  const fine = answer.status >= 200 && answer.status <= 299
  if (!fine) throw refusal(answer, parsed(answer.text, false)?.json, init, limits)
  return await checked(schema, body, answer.status)
}

const parsed = (text: string, exact: boolean): { readonly json: unknown } | undefined => {
  try {
    return { json: parseJson(text, exact) }
  } catch {
    return undefined
  }
}

const refusal = (
  answer: RawAnswer,
  body: unknown,
  { explain, operation }: HttpInit,
  limits: readonly RateLimit[],
): Error => {
  const { status, headers } = answer
  if (isCutRefusal(answer)) {
    return failure('unavailable', 'The refusal of the marketplace came in part', { status })
  }
  const { kind, message, code } = explain?.(status, body) ?? standardReading(status)
  const rate = limits.find((limit) => limit.operation === operation)?.ratePerSecond
  const waitMs = waitOf(headers.get('retry-after')) ?? (rate ? Math.ceil(1000 / rate) : undefined)
  return failure(kind, message, {
    status,
    ...(code === undefined ? {} : { code }),
    ...(kind === 'rate-limit' && waitMs !== undefined ? { retryAfterMs: waitMs } : {}),
  })
}

const standardReading = (
  status: number,
): { kind: FailureKind; message: string; code?: string } => {
  if (status === 401 || status === 403) {
    return { kind: 'auth', message: `The marketplace refused access with status ${status}` }
  }
  if (status === 429) return { kind: 'rate-limit', message: 'The marketplace asks to wait' }
  if (status >= 500) {
    return { kind: 'unavailable', message: `The marketplace failed with status ${status}` }
  }
  return { kind: 'rejected', message: `The marketplace refused the request with status ${status}` }
}

const waitOf = (header: string | null): number | undefined => {
  const seconds = Number(header ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

const checked = async <T>(
  schema: Schema<T>,
  body: { readonly json: unknown } | undefined,
  status: number,
): Promise<T> => {
  const result = body && await schema['~standard'].validate(body.json)
  if (result && !result.issues) return result.value
  // never the body: it may hold buyers' data
  const where = result?.issues?.[0]?.path?.map((part) => String(keyOf(part))).join('.')
  const why = body ? `"${where ?? ''}" is not as expected` : 'it is no JSON'
  throw failure('bad-response', `Cannot read the marketplace's answer: ${why}`, { status })
}

const keyOf = (part: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof part === 'object' ? part.key : part
