/** Requests to a marketplace on behalf of an adapter: the only way out that an adapter has. */
import {
  type Context,
  failure,
  failureOf,
  type HttpInit,
  type Marketplace,
  type Schema,
} from '../plugin.ts'
import { failureOfStatus, parseAnswer, readBody, retryAfterMs } from './outbound-answer.ts'
import type { Permits } from './permits.ts'
import type { Upstream } from './upstream.ts'

export interface OutboundOptions {
  readonly marketplace: Pick<Marketplace, 'id' | 'hosts' | 'limits'>
  readonly upstream: Upstream
  readonly fetch: typeof fetch
  /** Absent before an account is stored: nothing is shared yet. */
  readonly permits?: Permits
  readonly signal: AbortSignal
}

/** A marketplace that is silent for this long counts as down. */
const timeoutMs = 30_000

export const createOutbound =
  (options: OutboundOptions): Context['http'] =>
  async <T>(schema: Schema<T>, address: string, init: HttpInit = {}): Promise<T> => {
    const { marketplace, upstream, permits, signal } = options
    const asked = addressOf(address, init.query, marketplace.hosts)
    if (init.operation !== undefined) await permits?.take(init.operation, signal)

    const { url, headers } = upstream.resolve(asked)
    const body = bodyOf(init)
    const { status, answerHeaders, text } = await send(options, url, {
      method: init.method ?? 'GET',
      headers: { accept: 'application/json', ...init.headers, ...body.headers, ...headers },
      body: body.text,
    })
    if (init.operation !== undefined && permits) {
      const limit = marketplace.limits?.find((l) => l.operation === init.operation)
      const told = limit?.rateHeader && Number(answerHeaders.get(limit.rateHeader) ?? NaN)
      await permits.learn(init.operation, {
        ...(Number.isFinite(told) && Number(told) > 0 ? { rate: Number(told) } : {}),
        empty: status === 429,
      })
    }
    if (status >= 200 && status < 300) return await parseAnswer(schema, text)
    const wait = retryAfterMs(answerHeaders, upstream.now())
    throw failureOfStatus(status, text, init.explain, wait)
  }

const send = async (
  { fetch, signal }: OutboundOptions,
  url: URL,
  request: { method: string; headers: Record<string, string>; body: string | undefined },
) => {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      // a redirect could leave the declared hosts
      redirect: 'error',
      signal: limit,
    })
    return {
      status: response.status,
      answerHeaders: response.headers,
      text: await readBody(response),
    }
  } catch (cause) {
    if (failureOf(cause)) throw cause
    signal.throwIfAborted()
    throw failure('unavailable', 'The marketplace does not answer', { cause })
  }
}

const addressOf = (address: string, query: HttpInit['query'], hosts: readonly string[]): URL => {
  const url = new URL(address)
  if (url.protocol !== 'https:' || !hosts.includes(url.host) || url.username || url.password) {
    throw new Error(`The plugin does not declare the host "${url.host}" for https`)
  }
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    url.searchParams.set(name, Array.isArray(value) ? value.join(',') : String(value))
  }
  return url
}

const bodyOf = ({ json, form }: HttpInit): { text?: string; headers: Record<string, string> } => {
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
