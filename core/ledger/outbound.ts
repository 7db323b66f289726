/** Requests to a marketplace on behalf of an adapter: the only way out that an adapter has. */
import {
  type Context,
  failure,
  failureOf,
  type HttpInit,
  type Marketplace,
  type Schema,
} from '../plugin.ts'
import { isFault } from '../errors.ts'
import { failureOfStatus, parseAnswer, readBody, retryAfterMs } from './outbound-answer.ts'
import type { Permits } from './permits.ts'
import type { Upstream } from './upstream.ts'

export interface OutboundOptions {
  readonly marketplace: Pick<Marketplace, 'id' | 'hosts' | 'limits'>
  readonly upstream: Upstream
  /** Of a real upstream; in production it reaches public addresses alone. */
  readonly fetch: typeof fetch
  /** Absent before an account is stored: nothing is shared yet. */
  readonly permits?: Permits
  readonly signal: AbortSignal
  /** For all of one answer; 30 s when absent. */
  readonly timeoutMs?: number
  /** Told of every answer in JSON, and of every refusal. */
  readonly hear?: (heard: Heard) => void
}
/** An answer as it came. */
export interface Heard {
  readonly operation?: string
  readonly method: string
  /** Without its query, which may hold what was looked for. */
  readonly path: string
  readonly status: number
  readonly text: string
  readonly isRefusal: boolean
}

/** A marketplace that is silent for this long counts as down. */
const usualTimeoutMs = 30_000

export const createOutbound =
  (options: OutboundOptions): Context['http'] =>
  async <T>(schema: Schema<T>, address: string, init: HttpInit = {}): Promise<T> => {
    if (init.answer === 'text') {
      const text = await ask(options, address, { ...init, accept: '*/*' }, readBody)
      return await parseAnswer(schema, text, 'text')
    }
    const asked = { ...init, accept: 'application/json' }
    const { status, text } = await ask(options, address, asked, async (response) => ({
      status: response.status,
      text: await readBody(response),
    }))
    return await parseAnswer(
      schema,
      text,
      init.answer,
      () => tell(options, address, init, { status, text, isRefusal: false }),
    )
  }

const tell = (
  { hear }: OutboundOptions,
  address: string,
  init: HttpInit,
  answer: Pick<Heard, 'status' | 'text' | 'isRefusal'>,
): void =>
  hear?.({
    ...init.operation === undefined ? {} : { operation: init.operation },
    ...{ method: methodOf(init), path: new URL(address).pathname, ...answer },
  })

/** One request; `take` reads the answer of one that succeeded, within the time limit. */
export const ask = async <T>(
  options: OutboundOptions,
  address: string,
  init: HttpInit & { readonly accept: string },
  take: (response: Response, signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const { marketplace, upstream, permits, signal } = options
  const asked = addressOf(address, init.query, marketplace.hosts)
  if (init.operation !== undefined) await permits?.take(init.operation, signal)

  const { url, headers } = upstream.resolve(asked)
  const body = bodyOf(init)
  const answer = await send(options, url, {
    method: methodOf(init),
    headers: headersOf({ accept: init.accept }, init.headers, body.headers, headers),
    body: body.text,
  }, take)
  const wait = retryAfterMs(answer.headers, upstream.now())
  if (init.operation !== undefined && permits) {
    const limit = marketplace.limits?.find((l) => l.operation === init.operation)
    const told = limit?.rateHeader && Number(answer.headers.get(limit.rateHeader) ?? NaN)
    await permits.learn(init.operation, {
      ...(Number.isFinite(told) && Number(told) > 0 ? { rate: Number(told) } : {}),
      empty: answer.status === 429,
      waitMs: wait,
    })
  }
  if ('taken' in answer) return answer.taken
  if (answer.text !== '') {
    tell(options, address, init, { status: answer.status, text: answer.text, isRefusal: true })
  }
  throw failureOfStatus(answer, init.explain, wait)
}

interface Head {
  readonly status: number
  readonly headers: Headers
}

const send = async <T>(
  { fetch, upstream, signal, timeoutMs = usualTimeoutMs }: OutboundOptions,
  url: URL,
  request: { method: string; headers: Record<string, string>; body: string | undefined },
  take: (response: Response, signal: AbortSignal) => Promise<T>,
): Promise<Head & ({ readonly taken: T } | { readonly text: string })> => {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    const response = await (upstream.fetch ?? fetch)(url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      // a redirect could leave the declared hosts
      redirect: 'error',
      signal: limit,
    })
    const { status, headers } = response
    if (status < 200 || status > 299) return { status, headers, text: await readBody(response) }
    return { status, headers, taken: await take(response, limit) }
  } catch (cause) {
    if (failureOf(cause) || isFault(cause)) throw cause
    signal.throwIfAborted()
    throw failure('unavailable', 'The marketplace does not answer', { cause })
  }
}

const addressOf = (address: string, query: HttpInit['query'], hosts: readonly string[]): URL => {
  // some stand in answers of the marketplace, which can be wrong like any other part of them
  if (!URL.canParse(address)) throw failure('bad-response', 'What is asked for is no address')
  const url = new URL(address)
  if (url.protocol !== 'https:' || !hosts.includes(url.host) || url.username || url.password) {
    const message = `The plugin does not declare the host "${url.host}" for https`
    throw failure('bad-response', message)
  }
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    url.searchParams.set(name, Array.isArray(value) ? value.join(',') : String(value))
  }
  return url
}

const methods: readonly unknown[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** A plugin in plain JavaScript can say anything. */
const methodOf = ({ method = 'GET' }: HttpInit): string => {
  if (methods.includes(method)) return method
  throw new Error(`The method of a request is one of ${methods.join(', ')}`)
}

/** They say how a request is carried and to whom: that is not for the plugin to say. */
const ours =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-length|accept-encoding|proxy-.*)$/i

/** Later ones win, however a name is written. Values are in no error: some are secrets. */
const headersOf = (
  ...all: readonly (Readonly<Record<string, string>> | undefined)[]
): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const [name, given] of all.flatMap((some) => Object.entries(some ?? {}))) {
    const value = String(given)
    const isSound = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
    if (!isSound || ours.test(name)) {
      throw new Error(`The plugin gives a header that it cannot set: ${JSON.stringify(name)}`)
    }
    headers[name.toLowerCase()] = value
  }
  return headers
}

const bodyOf = (
  { json, form, text }: HttpInit,
): { text?: string; headers: Record<string, string> } => {
  if (text) return { text: text.body, headers: { 'content-type': text.type } }
  if (json !== undefined) {
    return { text: JSON.stringify(json), headers: { 'content-type': 'application/json' } }
  }
  if (form) {
    return {
      text: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }
  }
  return { headers: {} }
}
