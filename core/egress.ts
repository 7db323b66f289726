/**
 * Requests to addresses that a seller has chosen: out to the internet, and never into our own
 * network (server-side request forgery).
 */
import { lookup } from 'node:dns/promises'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'

export interface Egress {
  /**
   * Posts the body and gives the status; what is answered besides is not read. A redirect is an
   * answer like any other and is not followed. Throws an error that says in words for the seller
   * why nothing was sent, or why no answer came.
   */
  readonly post: (
    address: string,
    message: {
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      readonly signal?: AbortSignal
    },
  ) => Promise<{ readonly status: number }>
}
export interface EgressOptions {
  /** All addresses of a name; the system's own resolver otherwise. */
  readonly resolve?: (name: string) => Promise<readonly string[]>
  /** Tests alone reach a receiver on this machine. */
  readonly isPublic?: (address: string) => boolean
  /** PEM of authorities that are trusted instead of the runtime's own. */
  readonly ca?: string
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 10_000 // for all of it: a receiver stores the message and answers
const maxLength = 2_000
const maxTries = 3 // addresses of one name
/** Names that only mean something inside of a network. */
const inner =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|onion|test|invalid|example)\.?$/

/** Why the text cannot be such an address, in words for the seller; undefined when it can. */
export const egressFault = (
  text: string,
  isPublic: (address: string) => boolean = isPublicAddress,
): string | undefined => {
  const url = URL.canParse(text) && text.length <= maxLength ? new URL(text) : undefined
  if (url === undefined) return 'must be a URL'
  if (url.protocol !== 'https:') return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must hold no name and no password'
  const port = portOf(url)
  if (port !== 443 && port < 1024) return 'must have the port 443, or one above 1023'
  const host = hostOf(url)
  if (isIP(host) !== 0) return isPublic(host) ? undefined : 'must lead to the public internet'
  if (inner.test(host) || !host.replace(/\.$/, '').includes('.')) {
    return 'must lead to the public internet'
  }
  return undefined
}

/**
 * The addresses of a URL's host, each on the public internet; throws when one is not. They are dialled
 * as they stand: a name that is asked twice may answer twice.
 */
export const createAddresses = (
  { isPublic = isPublicAddress, resolve = resolveBySystem }: EgressOptions,
) =>
async (url: URL): Promise<readonly string[]> => {
  const host = hostOf(url)
  if (isIP(host) !== 0) return [host]
  const found = await resolve(host).catch((cause: unknown) => {
    throw new Error('The name of the host is not known', { cause })
  })
  if (found.length === 0) throw new Error('The name of the host is not known')
  // one that is ours among others is enough: somebody is trying
  if (!found.every(isPublic)) throw new Error('The host is not on the public internet')
  return found.slice(0, maxTries)
}

export const createEgress = (options: EgressOptions = {}): Egress => {
  const { isPublic = isPublicAddress, timeoutMs = defaultTimeoutMs, ca } = options
  const addressesOf = createAddresses(options)
  return {
    post: async (text, { headers, body, signal }) => {
      const why = egressFault(text, isPublic)
      if (why !== undefined) throw new Error(`The address ${why}`)
      const url = new URL(text)
      const limit = AbortSignal.timeout(timeoutMs)
      const until = signal === undefined ? limit : AbortSignal.any([signal, limit])
      let last: unknown
      for (const address of await within(until, addressesOf(url))) {
        const call = { url, address, headers, body, ca, signal: until }
        const outcome = await send(call)
        if ('status' in outcome) return outcome
        last = outcome.error
        if (outcome.wasConnected || until.aborted) break
      }
      throw new Error(until.aborted ? 'The host did not answer in time' : reasonOf(last), {
        cause: last,
      })
    },
  }
}

type Outcome =
  | { readonly status: number }
  | { readonly error: unknown; readonly wasConnected: boolean }

const send = (call: {
  readonly url: URL
  readonly address: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly ca: string | undefined
  readonly signal: AbortSignal
}): Promise<Outcome> =>
  new Promise((resolve) => {
    const { url, address, ca, signal } = call
    const body = new TextEncoder().encode(call.body)
    let wasConnected = false
    const name = hostOf(url)
    const asked = request({
      // the checked address and nothing that would have to be looked up again
      host: address,
      port: portOf(url),
      ...(isIP(name) === 0 ? { servername: name.replace(/\.$/, '') } : {}),
      ...(ca === undefined ? {} : { ca }),
      method: 'POST',
      path: url.pathname + url.search,
      headers: { ...call.headers, host: url.host, 'content-length': String(body.length) },
      // of its own: no connection is kept, and none goes through a proxy
      agent: new Agent({ keepAlive: false, maxCachedSessions: 0 }),
      signal,
    }, (answer) => {
      resolve({ status: answer.statusCode ?? 0 })
      answer.destroy()
    })
    asked.on('socket', (socket) => socket.once('secureConnect', () => wasConnected = true))
    asked.on('error', (error) => resolve({ error, wasConnected }))
    asked.end(body)
  })

export const portOf = (url: URL): number => url.port === '' ? 443 : Number(url.port)
/** Without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1')

const resolveBySystem = async (name: string): Promise<readonly string[]> =>
  (await lookup(name, { all: true })).map(({ address }) => address)

/** A resolver takes no signal. */
export const within = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const end = () => reject(new Error('The host did not answer in time'))
    if (signal.aborted) return end()
    signal.addEventListener('abort', end, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })

/** Codes of the runtime in words; the rest says nothing of our network. */
const reasonOf = (error: unknown): string => {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (/CERT|SSL|TLS|ALTNAME|UNABLE_TO|SELF_SIGNED/i.test(`${code} ${message}`)) {
    return 'The certificate of the host is not valid for its name'
  }
  return code === 'ECONNREFUSED' ? 'The host refused the connection' : 'The host cannot be reached'
}
