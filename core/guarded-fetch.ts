/**
 * `fetch` for addresses that a plugin names: to the public internet alone, whatever a name resolves to
 * at that moment. Connections are kept and used again; redirects are not followed.
 */
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import {
  createAddresses,
  egressFault,
  type EgressOptions,
  hostOf,
  portOf,
  within,
} from './egress.ts'

export interface GuardedFetch {
  readonly fetch: typeof fetch
  /** Closes what is kept open. */
  readonly close: () => void
}

/** As long as undici keeps a connection that a server says nothing about. */
const idleMs = 4_000
/** A new address of a marketplace is found soon, and a busy worker does not ask for each request. */
const knownMs = 5_000

/**
 * Deno sends a request of any method again by itself when a kept connection is over, though it may have
 * been heard: there, what changes something goes over a connection of its own.
 */
const resends = 'Deno' in globalThis

export const createGuardedFetch = (
  options: Omit<EgressOptions, 'timeoutMs'> & { readonly now?: () => number } = {},
): GuardedFetch => {
  const kept = new Agent({ keepAlive: true, timeout: idleMs })
  const single = new Agent({ keepAlive: false, maxCachedSessions: 0 })
  const addressesOf = remembered(createAddresses(options), options.now ?? Date.now)
  const ask = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input))
    // of a long query the rest of the address is no concern
    const why = egressFault(url.origin, options.isPublic)
    if (why !== undefined || url.username !== '' || url.password !== '') {
      throw new TypeError(`The address ${why ?? 'must hold no name and no password'}`)
    }
    const signal = init.signal ?? new AbortController().signal
    const agent = methodOf(init) === 'GET' || !resends ? kept : single
    const call = { url, init, agent, ca: options.ca, body: textOf(init.body), signal }
    const addresses = await within(signal, addressesOf.of(url))
    let last: unknown
    for (const address of addresses) {
      const outcome = await send({ ...call, address })
      if ('answer' in outcome) return responseOf(outcome.answer)
      last = outcome.error
      // a kept connection may end just when it is needed: what changes nothing is asked again
      if (outcome.wasStale && methodOf(init) === 'GET') {
        const again = await send({ ...call, address })
        if ('answer' in again) return responseOf(again.answer)
        last = again.error
      }
      if (outcome.wasConnected || signal.aborted) break
    }
    addressesOf.forget(url)
    signal.throwIfAborted()
    throw new TypeError('The host cannot be reached', { cause: last })
  }
  return { fetch: ask, close: () => kept.destroy() }
}

/** The addresses of a name for some seconds, asked for by one at a time. */
const remembered = (
  addressesOf: (url: URL) => Promise<readonly string[]>,
  now: () => number,
) => {
  const known = new Map<string, { until: number; addresses: Promise<readonly string[]> }>()
  return {
    of: async (url: URL): Promise<readonly string[]> => {
      const name = hostOf(url)
      const found = known.get(name)
      if (found && found.until > now()) return await found.addresses
      const addresses = addressesOf(url)
      known.set(name, { until: now() + knownMs, addresses })
      addresses.catch(() => known.delete(name))
      return await addresses
    },
    forget: (url: URL) => known.delete(hostOf(url)),
  }
}

type Outcome =
  | { readonly answer: IncomingMessage }
  | { readonly error: unknown; readonly wasConnected: boolean; readonly wasStale: boolean }

const send = (call: {
  readonly url: URL
  readonly address: string
  readonly init: RequestInit
  readonly body: string | undefined
  readonly agent: Agent
  readonly ca: string | undefined
  readonly signal: AbortSignal
}): Promise<Outcome> =>
  new Promise((resolve) => {
    const { url, address, init, agent, ca, signal } = call
    const body = call.body === undefined ? undefined : new TextEncoder().encode(call.body)
    const name = hostOf(url)
    let wasConnected = false
    const asked = request({
      // the checked address and nothing that would have to be looked up again
      host: address,
      port: portOf(url),
      ...(isIP(name) === 0 ? { servername: name.replace(/\.$/, '') } : {}),
      ...(ca === undefined ? {} : { ca }),
      method: methodOf(init),
      path: url.pathname + url.search,
      headers: {
        'user-agent': 'robnu',
        ...Object.fromEntries(new Headers(init.headers)),
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
        'accept-encoding': 'gzip',
        host: url.host,
      },
      agent,
      signal,
    }, (answer) => resolve({ answer }))
    asked.on('socket', (socket) => {
      if (asked.reusedSocket) wasConnected = true
      else socket.once('secureConnect', () => wasConnected = true)
    })
    asked.on('error', (error) => {
      resolve({ error, wasConnected, wasStale: asked.reusedSocket && !signal.aborted })
    })
    asked.end(body)
  })

const methodOf = ({ method = 'GET' }: RequestInit): string => method.toUpperCase()

const textOf = (body: RequestInit['body']): string | undefined => {
  if (body === undefined || body === null) return undefined
  if (typeof body !== 'string') throw new TypeError('The body of a request is text')
  return body
}

const redirects: readonly number[] = [301, 302, 303, 307, 308]
const empty: readonly number[] = [204, 205, 304]

const responseOf = (answer: IncomingMessage): Response => {
  const { statusCode: status = 0, rawHeaders } = answer
  const headers = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  }
  if (redirects.includes(status) && headers.has('location')) {
    answer.destroy()
    throw new TypeError('The host answered with a redirect, which is not followed')
  }
  if (empty.includes(status)) {
    answer.resume()
    return new Response(null, { status, headers })
  }
  const body = Readable.toWeb(answer) as ReadableStream<Uint8Array<ArrayBuffer>>
  const isPacked = headers.get('content-encoding') === 'gzip'
  return new Response(isPacked ? body.pipeThrough(new DecompressionStream('gzip')) : body, {
    status,
    headers,
  })
}
