/** Contexts for tests of adapters: answers from a function, or from a running sandbox. */
import { type Context, failure, type HttpInit, type RateLimit, type Schema } from '../plugin.ts'
import { type RawAnswer, readAnswer, readFile } from './answers.ts'
import { upstreamAt } from './sandbox/clock.ts'
import type { RunningSandbox } from './sandbox/sandbox.ts'
import { upstreamHostHeader } from './sandbox/server.ts'

export interface FakeRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly operation: string | undefined
}
export interface FakeAnswer {
  /** 200 when absent. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is text or bytes already. */
  readonly body?: unknown
}
export interface LoggedEvent {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}
/** A context that remembers what was asked and logged through it. */
export interface FakeContext extends Context {
  readonly requests: readonly FakeRequest[]
  readonly logged: readonly LoggedEvent[]
}
export interface FakeOptions {
  readonly config?: unknown
  readonly signal?: AbortSignal
  /** Of the plugin: tell how long to wait after a 429 without a Retry-After header. */
  readonly limits?: readonly RateLimit[]
  /** Of the plugin; given: any other host is refused as the real host refuses it. */
  readonly hosts?: readonly string[]
}

/** Every request is answered by `respond`; the clock stands at `now`. */
export const fakeContext = (
  { respond, now = () => new Date(), ...options }: FakeOptions & {
    readonly respond: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>
    readonly now?: () => Date
  },
): FakeContext =>
  contextOver(options, now, async (request) => {
    const { status = 200, headers = {}, body } = await respond(request)
    return { status, headers: new Headers(headers), ...sentOf(body) }
  })

/** Every request goes to the sandbox instead of its https host; the clock is the sandbox's. */
export const sandboxContext = (
  sandbox: Pick<RunningSandbox, 'url' | 'clock'>,
  options: FakeOptions = {},
): FakeContext =>
  contextOver(
    options,
    () => new Date(upstreamAt(sandbox.clock, Date.now())),
    async ({ method, url, headers, body }, signal) => {
      const answer = await fetch(sandbox.url + url.pathname + url.search, {
        method,
        headers: { ...headers, [upstreamHostHeader]: url.host },
        signal,
        ...(body === undefined ? {} : { body }),
      })
      const { status, headers: told } = answer
      return { status, headers: told, ...withText(new Uint8Array(await answer.arrayBuffer())) }
    },
  )

const sentOf = (body: unknown): Pick<RawAnswer, 'text' | 'bytes'> => {
  if (body instanceof Uint8Array) return withText(body)
  return { text: body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body) }
}

/** A file is more than its text. */
export const withText = (bytes: Uint8Array) => ({ bytes, text: new TextDecoder().decode(bytes) })

type Send = (request: FakeRequest, signal: AbortSignal) => Promise<RawAnswer>

const timeoutMs = 30_000 // as patient as the real host

/** Every request goes through `send`; an error of it is a marketplace that cannot be reached. */
export const contextOver = (options: FakeOptions, now: () => Date, send: Send): FakeContext => {
  const requests: FakeRequest[] = []
  const logged: LoggedEvent[] = []
  const signal = options.signal ?? new AbortController().signal

  const ask = async (url: string, init: HttpInit): Promise<RawAnswer> => {
    signal.throwIfAborted()
    const request = requestOf(url, init)
    refuseHost(request.url, options.hosts)
    requests.push(request)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    return await send(request, limit).catch((cause) => {
      signal.throwIfAborted()
      // a replay that does not know a request is no marketplace that is down
      if (cause instanceof Error && cause.name === 'UnknownRequest') throw cause
      throw failure('unavailable', 'Cannot reach the marketplace', { cause })
    })
  }
  return {
    config: options.config,
    key: 'test',
    signal,
    now,
    log: (event, fields = {}) => void logged.push({ event, fields }),
    http: async <T>(schema: Schema<T>, url: string, init: HttpInit = {}): Promise<T> =>
      await readAnswer(schema, await ask(url, init), init, options.limits),
    download: () => Promise.reject(failure('unavailable', 'Cannot download: this is a test')),
    table: async (url, table, init = {}) =>
      await readFile(await ask(url, init), table, init, options.limits),
    requests,
    logged,
  }
}

/** As it goes out. */
export const requestOf = (address: string, init: HttpInit): FakeRequest => {
  if (!URL.canParse(address)) throw failure('bad-response', 'What is asked for is no address')
  const url = new URL(address)
  for (const [name, value] of Object.entries(init.query ?? {})) {
    if (value === undefined) continue
    url.searchParams.append(name, typeof value === 'object' ? value.join(',') : String(value))
  }
  const type = init.text?.type ??
    (init.json !== undefined
      ? 'application/json'
      : init.form && 'application/x-www-form-urlencoded')
  return {
    method: init.method ?? 'GET',
    url,
    headers: { ...init.headers, ...(type ? { 'content-type': type } : {}) },
    body: init.text?.body ??
      (init.json !== undefined
        ? JSON.stringify(init.json)
        : init.form && new URLSearchParams(init.form).toString()),
    operation: init.operation,
  }
}

const refuseHost = (url: URL, hosts: readonly string[] | undefined): void => {
  if (url.protocol === 'https:' && (!hosts || hosts.includes(url.host))) return
  throw failure('bad-response', `Cannot ask "${url.host}": the plugin does not declare this host`)
}
