/** Listens on a port: Deno's own server on Deno, Node's http server on Node. */
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Peer } from './exchange.ts'

export type Fetch = (request: Request, peer: Peer) => Promise<Response>
export interface ListenOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** How long requests that are under way may take when the server closes. */
  readonly drainMs?: number
}
export interface Listener {
  readonly url: string
  readonly port: number
  /** Stops accepting, lets requests finish, and ends what is left when the time is over. */
  readonly close: () => Promise<void>
}

/** Rejects with one sentence when the port cannot be had. */
export const listen = async (fetch: Fetch, options: ListenOptions): Promise<Listener> => {
  const { host } = options
  try {
    const { port, close } =
      await (deno === undefined ? listenOnNode(fetch, options) : listenOnDeno(deno, fetch, options))
    let closing: Promise<void> | undefined
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      port,
      close: () => closing ??= close(),
    }
  } catch (cause) {
    const where = `${host}:${options.port}`
    throw new Error(`Cannot listen on ${where}: ${whyNot(cause)}`, { cause })
  }
}

interface Bound {
  readonly port: number
  readonly close: () => Promise<void>
}

const defaultDrainMs = 10_000
const headersMs = 30_000
// with the body: body.ts ends a slow one within half a minute, and gives a file of 200 MiB longer
const requestMs = 15 * 60_000

const listenOnNode = async (
  fetch: Fetch,
  { host, port, drainMs = defaultDrainMs }: ListenOptions,
): Promise<Bound> => {
  const listener = getRequestListener(
    (request, { incoming }) => fetch(request, { ip: plainIp(incoming.socket.remoteAddress) }),
    // with them replaced, Deno.serve in the same process refuses our answers
    { overrideGlobalObjects: false },
  )
  const server = createServer(
    { headersTimeout: headersMs, requestTimeout: requestMs },
    (incoming, outgoing) => {
      void listener(incoming, outgoing)
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const cut = setTimeout(() => server.closeAllConnections(), drainMs)
      await closed
      clearTimeout(cut)
    },
  }
}

/** The part of Deno that is used here; Node's types know no Deno. */
interface DenoServe {
  readonly serve: (
    options: {
      readonly hostname: string
      readonly port: number
      readonly onListen: () => void
    },
    handler: (
      request: Request,
      info: { readonly remoteAddr: { readonly hostname?: string } },
    ) => Promise<Response>,
  ) => {
    readonly addr: { readonly port: number }
    readonly shutdown: () => Promise<void>
  }
}
const deno = (globalThis as { readonly Deno?: DenoServe }).Deno

const listenOnDeno = (
  { serve }: DenoServe,
  fetch: Fetch,
  { host, port, drainMs = defaultDrainMs }: ListenOptions,
): Promise<Bound> => {
  // nothing ends a request of Deno's server from outside: when the time is over, we answer
  const underWay = new Set<() => void>()
  const server = serve(
    { hostname: host, port, onListen: () => {} },
    (request, { remoteAddr }) =>
      new Promise((resolve, reject) => {
        const cut = () => resolve(new Response(null, { status: 503 }))
        underWay.add(cut)
        fetch(request, { ip: plainIp(remoteAddr.hostname) }).then(resolve, reject)
          .finally(() => underWay.delete(cut))
      }),
  )
  return Promise.resolve({
    port: server.addr.port,
    close: async () => {
      const timer = setTimeout(() => underWay.forEach((cut) => cut()), drainMs)
      await server.shutdown()
      clearTimeout(timer)
    },
  })
}

/** One spelling for an IPv4 address, whichever kind of socket it came by. */
const plainIp = (ip: string | undefined): string =>
  ip?.replace(/^::ffff:(?=[\d.]+$)/, '') ?? 'unknown'

const whyNot = (error: unknown): string => {
  const { code, name, message } = error instanceof Error
    ? error as Error & { readonly code?: string }
    : { code: undefined, name: '', message: String(error) }
  if (code === 'EADDRINUSE' || name === 'AddrInUse') {
    return 'the port is in use; end the other process or choose another port'
  }
  if (code === 'EACCES' || name === 'PermissionDenied') return 'this user may not use the port'
  if (code === 'EADDRNOTAVAIL' || name === 'AddrNotAvailable') {
    return 'this machine has no such address'
  }
  return message
}
