/** The kit's own way out for a plugin: it asks the sandbox, remembers all, and can come between. */
import {
  type Context,
  type Download,
  failure,
  type HttpInit,
  type Marketplace,
  type Schema,
} from '../../plugin.ts'
import { inlineDocument } from '../../plugin/inline.ts'
import { bytesOf, type RawAnswer, readAnswer, readFile, sha256 } from '../answers.ts'
import { requestOf, withText } from '../fakes.ts'
import { upstreamHostHeader } from '../sandbox/server.ts'

export interface KitRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly operation: string | undefined
  /** It asks for a file of rows, which announces its length. */
  readonly isFile?: boolean
  /** What came back; absent: nothing did. */
  answer?: RawAnswer
}
export interface LoggedLine {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}
export interface Paper {
  readonly text: string
  readonly mime: string
}
/** What is done to a request instead of asking the sandbox plainly. */
export type Meddling =
  /** This is the answer; the sandbox is not asked. */
  | { readonly answer: RawAnswer }
  /** The connection is cut before the sandbox hears of it. */
  | { readonly cut: true }
  /** The sandbox answers, and the answer is lost on the way. */
  | { readonly lost: true }
  /** The sandbox's answer, changed. */
  | { readonly change: (answer: RawAnswer) => RawAnswer }
  /** Nothing ever comes back. */
  | { readonly silent: true }
/** Undefined: nothing. `at` counts the requests of this context from 0. */
export type Intercept = (request: KitRequest, at: number) => Meddling | undefined

export const answerOf = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RawAnswer => ({
  status,
  headers: new Headers(headers),
  text: typeof body === 'string' ? body : JSON.stringify(body),
})

interface WireOptions {
  readonly plugin: Marketplace
  readonly url: string
  readonly config: unknown
  readonly now: () => Date
  readonly signal: AbortSignal
}

export const createWire = ({ plugin, url, config, now, signal }: WireOptions) => {
  const requests: KitRequest[] = []
  const logged: LoggedLine[] = []
  const breaches: string[] = []
  const papers = new Map<string, Paper>()

  const context = (
    options: { readonly signal?: AbortSignal; readonly intercept?: Intercept } = {},
  ): Context => {
    const ends = options.signal ? AbortSignal.any([signal, options.signal]) : signal
    const own = options.signal ?? signal
    let asked = 0
    const ask = async (
      address: string,
      init: HttpInit,
      isFile = false,
    ): Promise<RawAnswer> => {
      own.throwIfAborted()
      const request: KitRequest = { ...requestOf(address, init), ...(isFile ? { isFile } : {}) }
      requests.push(request)
      fence(plugin, request, breaches)
      const meddling = options.intercept?.(request, asked++)
      const answer = await sent(url, request, ends, meddling)
      own.throwIfAborted()
      request.answer = answer
      return answer
    }
    const http = async <T>(schema: Schema<T>, address: string, init: HttpInit = {}): Promise<T> =>
      await readAnswer(schema, await ask(address, init), init, plugin.limits)
    const download = async (address: string, init: HttpInit = {}): Promise<Download> => {
      const inline = inlineDocument(address)
      if (inline) return await kept(inline.bytes, inline.mime)
      const answer = await ask(address, init)
      if (answer.status < 200 || answer.status > 299) await readAnswer(anything, answer, init)
      const mime = answer.headers.get('content-type')?.split(';')[0] ?? ''
      const bytes = bytesOf(answer)
      if (bytes.byteLength === 0 || mime === '' || mime === 'application/json') {
        throw failure('bad-response', 'The marketplace did not answer with a document')
      }
      return await kept(bytes, mime)
    }
    const kept = async (bytes: Uint8Array, mime: string): Promise<Download> => {
      const storageKey = `kit/${papers.size + 1}`
      papers.set(storageKey, { text: new TextDecoder('latin1').decode(bytes), mime })
      return { sha256: await sha256(bytes), byteSize: bytes.byteLength, mime, storageKey }
    }
    return {
      ...{ config, key: 'kit', signal: own, now, http, download },
      table: async (address, table, init = {}) =>
        await readFile(await ask(address, init, true), table, init, plugin.limits),
      log: (event, fields = {}) => void logged.push({ event, fields }),
    }
  }
  return { requests, logged, breaches, papers, context }
}

const anything: Schema = {
  '~standard': { version: 1, vendor: 'robnu', validate: (value) => ({ value }) },
}

/** What the host would refuse; remembered, so that an adapter that swallows the refusal is found. */
const fence = (plugin: Marketplace, { url, operation }: KitRequest, breaches: string[]): void => {
  if (operation !== undefined && !plugin.limits?.some((limit) => limit.operation === operation)) {
    breaches.push(`operation "${operation}"`)
  }
  const declared = url.protocol === 'https:' && plugin.hosts.includes(url.host)
  if (declared && url.username === '' && url.password === '') return
  breaches.push(`host "${url.protocol}//${url.host}"`)
  throw failure('bad-response', `The plugin does not declare the host "${url.host}" for https`)
}

const sent = async (
  sandbox: string,
  { method, url, headers, body, isFile }: KitRequest,
  signal: AbortSignal,
  meddling: Meddling | undefined,
): Promise<RawAnswer> => {
  if (meddling && 'answer' in meddling) return meddling.answer
  if (meddling && 'cut' in meddling) throw noAnswer()
  if (meddling && 'silent' in meddling) return await untilAborted(signal)
  const answer = await fetch(sandbox + url.pathname + url.search, {
    method,
    headers: { ...headers, [upstreamHostHeader]: url.host },
    signal,
    ...(body === undefined ? {} : { body }),
  }).then(async (response) => {
    const { status, headers } = response
    return { status, headers, ...withText(new Uint8Array(await response.arrayBuffer())) }
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw noAnswer(cause)
  })
  if (meddling && 'lost' in meddling) throw noAnswer()
  if (!meddling || !('change' in meddling)) return answer
  const changed = meddling.change(answer)
  if (isFile && changed.text.length < answer.text.length) throw noAnswer()
  return changed
}

const noAnswer = (cause?: unknown): Error =>
  failure('unavailable', 'The marketplace does not answer', cause === undefined ? {} : { cause })

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
