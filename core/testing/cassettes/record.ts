/** Recording: a context that notes down what is asked through it, and hands it out scrubbed. */
import {
  type Context,
  failureOf,
  type HttpInit,
  type Marketplace,
  type Schema,
} from '../../plugin.ts'
import { type FakeRequest, requestOf } from '../fakes.ts'
import { type Cassette, type Exchange, inOrder } from './cassette.ts'
import { leaksIn } from './leaks.ts'
import { createScrubber, type ScrubOptions } from './scrub.ts'
import { noted } from './tables.ts'

export interface RecordOptions extends ScrubOptions {
  readonly plugin: Pick<Marketplace, 'id' | 'version' | 'upstream'>
  readonly account: {
    readonly externalAccountId: string
    readonly details: unknown
    readonly credentials: unknown
  }
}
export interface RecordingContext extends Context {
  /** What was recorded so far. Throws rather than hand out a known secret. */
  readonly cassette: () => Cassette
}

/**
 * Records what goes through `context`, in memory only. Between two requests its clock stands still, so
 * that a replay computes the same times.
 */
export const recordingContext = (context: Context, options: RecordOptions): RecordingContext => {
  const exchanges: Exchange[] = []
  let now = context.now()
  const note = (url: string, init: HttpInit, answer: Exchange['answer']): void => {
    exchanges.push({ at: now.toISOString(), request: readRequest(url, init), answer })
    now = context.now()
  }

  const http = async <T>(schema: Schema<T>, url: string, init: HttpInit = {}): Promise<T> => {
    const seen: { answer?: Pick<Exchange['answer'], 'status' | 'body'> } = {}
    const spy: Schema<T> = {
      '~standard': {
        ...schema['~standard'],
        validate: (body) => {
          seen.answer = { status: 200, body: copyOf(body) }
          return schema['~standard'].validate(body)
        },
      },
    }
    const explain: HttpInit['explain'] = (status, body) => {
      seen.answer = { status, body: copyOf(body) }
      return init.explain?.(status, body)
    }
    try {
      const result = await context.http(spy, url, { ...init, explain })
      note(url, init, { headers: {}, ...seen.answer ?? { status: 200, body: null } })
      return result
    } catch (error) {
      const answer = seen.answer ? { headers: waitOf(error), ...seen.answer } : unreadable(error)
      if (answer) note(url, init, answer)
      throw error
    }
  }
  const download: Context['download'] = async (url, init = {}) => {
    const found = await context.download(url, init)
    const { mime, byteSize } = found
    note(url, init, { status: 200, headers: {}, body: null, document: { mime, byteSize } })
    return found
  }

  const table: Context['table'] = async (url, ask, init = {}) => {
    const seen: { answer?: Exchange['answer'] } = {}
    const explain: HttpInit['explain'] = (status, body) => {
      seen.answer = { status, headers: {}, body: copyOf(body) }
      return init.explain?.(status, body)
    }
    try {
      const found = await context.table(url, ask, { ...init, explain })
      const copy = found && noted(found)
      note(url, init, { status: 200, headers: {}, body: copy?.body ?? null, table: true })
      return copy?.table ?? null
    } catch (error) {
      const answer = seen.answer ? { ...seen.answer, headers: waitOf(error) } : unreadable(error)
      if (answer) note(url, init, answer)
      throw error
    }
  }

  return {
    ...context,
    now: () => now,
    http,
    download,
    table,
    cassette: () => scrubbed(exchanges, now, context.config, options),
  }
}

const scrubbed = (
  exchanges: readonly Exchange[],
  end: Date,
  config: unknown,
  { plugin, account, ...options }: RecordOptions,
): Cassette => {
  const { learn, scrub, text, invented } = createScrubber(options)
  for (const { request, answer } of exchanges) {
    learn(request)
    learn(answer.headers)
    learn(answer.body, true)
  }
  const taken = exchanges.map(({ at, request, answer }): Exchange => ({
    at,
    request: {
      method: request.method,
      host: request.host,
      path: text(request.path),
      query: textsOf(scrub(request.query)),
      headers: textsOf(scrub(request.headers)),
      body: inOrder(scrub(request.body)),
    },
    answer: {
      ...answer,
      headers: textsOf(scrub(answer.headers)),
      body: inOrder(scrub(answer.body, true)),
    },
  }))
  const { id, version, upstream } = plugin
  const cassette: Cassette = {
    version: 1,
    plugin: { id, version, upstream },
    account: {
      externalAccountId: text(account.externalAccountId),
      details: scrub(account.details),
      credentials: scrub(account.credentials),
    },
    config: scrub(config ?? null),
    exchanges: taken,
    end: end.toISOString(),
    invented: [...invented()],
  }
  const leaks = leaksIn(cassette, { canaries: options.secrets, pii: options.pii })
  if (leaks.length === 0) return cassette
  const places = leaks.map(({ where, what }) => `  ${where}: ${what}`)
  throw new Error(`Cannot hand out the recording: it is not clean\n${places.join('\n')}`)
}

/** The parts by which a request is told from others. */
export const partsOf = ({ method, url, headers, body }: FakeRequest): Exchange['request'] => ({
  ...{ method, host: url.host, path: url.pathname, headers },
  query: Object.fromEntries([...url.searchParams].toSorted(([a], [b]) => a < b ? -1 : 1)),
  body: body === undefined ? null : readBody(body, headers['content-type'] ?? ''),
})
export const readRequest = (address: string, init: HttpInit): Exchange['request'] =>
  partsOf(requestOf(address, init))

const readBody = (body: string, type: string): unknown => {
  if (type === 'application/x-www-form-urlencoded') {
    return Object.fromEntries(new URLSearchParams(body))
  }
  try {
    return type.startsWith('application/json') ? JSON.parse(body) : body
  } catch {
    return body
  }
}

/** As it stands on the wire: JSON. */
const copyOf = (value: unknown): unknown =>
  value === undefined ? null : JSON.parse(JSON.stringify(value))

const textsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, String(one)]))

const waitOf = (error: unknown): Record<string, string> => {
  const wait = failureOf(error)?.retryAfterMs
  return wait === undefined ? {} : { 'retry-after': String(Math.ceil(wait / 1000)) }
}

/** A failure that nobody could look into; undefined: it was not the marketplace's. */
const unreadable = (error: unknown): Exchange['answer'] | undefined => {
  const failed = failureOf(error)
  if (failed?.kind === 'bad-response') {
    return { status: failed.status ?? 200, headers: {}, body: null, broken: true }
  }
  return failed?.kind === 'unavailable' ? { status: 0, headers: {}, body: null } : undefined
}
