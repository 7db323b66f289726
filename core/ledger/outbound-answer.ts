/** Reading a marketplace's answers: sizes, schemas, and what a status means. */
import { failure, type FailureKind, type HttpInit, type Schema } from '../plugin.ts'
import { isCutRefusal, parseJson } from '../plugin/json.ts'

/** No JSON answer of a marketplace comes near this. */
const maxBytes = 32 * 1024 * 1024

export const readBody = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) {
      throw failure('bad-response', 'The marketplace gave an answer of more than 32 MiB')
    }
    chunks.push(chunk)
  }
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer())
}

/**
 * The answer as the schema gives it; the failure names paths and never values. `isJson` is called when
 * it is, whatever the schema says of it.
 */
export const parseAnswer = async <T>(
  schema: Schema<T>,
  text: string,
  answer: HttpInit['answer'] = 'json',
  isJson?: () => void,
): Promise<T> => {
  if (answer === 'text') return await checkAnswer(schema, text)
  const json = jsonOf(text, answer === 'exact')
  if (json !== undefined) isJson?.()
  return await checkAnswer(schema, json)
}

/** As `parseAnswer`, of what is parsed. */
export const checkAnswer = async <T>(schema: Schema<T>, json: unknown): Promise<T> => {
  const result = await schema['~standard'].validate(json)
  if (!result.issues) return result.value
  const paths = result.issues.slice(0, 3).map((issue) =>
    (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  )
  throw failure('bad-response', `The marketplace answered in an unknown form at: ${paths}`)
}

const jsonOf = (text: string, exact: boolean): unknown => {
  if (text === '') return undefined
  try {
    return parseJson(text, exact)
  } catch {
    throw failure('bad-response', 'The marketplace did not answer in JSON')
  }
}

export const failureOfStatus = (
  answer: { readonly status: number; readonly headers: Headers; readonly text: string },
  explain: HttpInit['explain'],
  retryAfterMs: number | undefined,
): Error =>
  isCutRefusal(answer)
    // what it refuses, and why, stands in the half that is lost
    ? failure('unavailable', 'The refusal of the marketplace came in part', {
      status: answer.status,
    })
    : explainedFailure(answer.status, looseJsonOf(answer.text), explain, retryAfterMs)

/** As `failureOfStatus`; `body` is undefined where the answer is no JSON. */
export const explainedFailure = (
  status: number,
  body: unknown,
  explain: HttpInit['explain'],
  retryAfterMs: number | undefined,
): Error => {
  const explained = explain?.(status, body)
  const kind = explained?.kind ?? kindOf(status)
  return failure(kind, explained?.message ?? `The marketplace answered with status ${status}`, {
    status,
    ...(explained?.code === undefined ? {} : { code: explained.code }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

const looseJsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const kindOf = (status: number): FailureKind => {
  if (status === 401 || status === 403) return 'auth'
  if (status === 429) return 'rate-limit'
  if (status === 408 || status >= 500) return 'unavailable'
  return status >= 400 ? 'rejected' : 'bad-response'
}

/** `Retry-After` in seconds or as a date, in milliseconds of the upstream's clock. */
export const retryAfterMs = (headers: Headers, now: Date): number | undefined => {
  const text = headers.get('retry-after')
  if (!text) return undefined
  const seconds = Number(text)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - now.getTime()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
