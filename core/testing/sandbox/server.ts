/** The HTTP server of a sandbox: routes, faults around them, and the control plane. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import { control, type Verbs } from './control.ts'
import type { Faults } from './faults.ts'
import { match, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from './routes.ts'

export interface ServerOptions {
  /** The plugin's id, for error messages. */
  readonly name: string
  readonly port?: number
  readonly routes: readonly SandboxRoute[]
  readonly faults: Faults
  readonly verbs: Verbs
  /** An error answer as this marketplace writes it. */
  readonly refuse: (status: number, operation?: string) => SandboxAnswer
  /** On every answer, refusals and faults too. */
  readonly headers?: () => Readonly<Record<string, string>>
}
export interface RunningServer {
  readonly url: string
  /** Answers what has begun, then closes. */
  readonly stop: () => Promise<void>
}

const maxBodyBytes = 1_000_000 // no request of a marketplace API comes near it
const sweepMs = 10
const stopMs = 2000 // a request that takes longer than this is cut off

/** Told by a caller that was redirected here: the host that it meant to ask. */
export const upstreamHostHeader = 'x-robnu-upstream-host'

/** Listens on 127.0.0.1; throws one sentence when the port is taken. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const server = createServer((incoming, outgoing) => {
    respond(options, incoming, outgoing).catch(() => outgoing.destroy())
  })
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(server) }
}

const listen = (server: Server, { name, port = 0 }: ServerOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: Error & { code?: string }) => {
      const why = cause.code === 'EADDRINUSE' ? 'it is in use' : cause.message
      reject(new Error(`Cannot start the ${name} sandbox on port ${port}: ${why}`, { cause }))
    })
    server.listen(port, '127.0.0.1', () => resolve())
  })

const stop = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // a kept connection is idle only when its last answer has left, and then nobody closes it
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const limit = setTimeout(() => server.closeAllConnections(), stopMs)
  await closed
  clearInterval(sweep)
  clearTimeout(limit)
}

const respond = async (
  options: ServerOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const { routes, faults, verbs, refuse, headers } = options
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  const send = (answer: SandboxAnswer, cut = false) =>
    write(outgoing, answer, headers?.() ?? {}, cut)

  const body = await bodyOf(incoming)
  if (body === undefined) return send(refuse(413))
  const method = incoming.method ?? 'GET'
  const header = (name: string) => headerOf(incoming, name)
  if (url.pathname.startsWith('/_control')) return send(await control(verbs, method, url, body))

  const found = match(routes, method, url.pathname, header(upstreamHostHeader))
  if (!found) return send(refuse(404))
  const { route, params } = found
  const fault = faults.next(route.operation)
  if (fault === '429' || fault === '500' || fault === '503') {
    return send(refuse(Number(fault), route.operation))
  }
  const answer = await answerOf(options, route, { method, url, params, header, body })
  if (fault === 'timeout-after-commit') return breakOff(outgoing)
  send(answer, fault === 'truncated-body')
}

const answerOf = async (
  { refuse }: ServerOptions,
  route: SandboxRoute,
  request: SandboxRequest,
): Promise<SandboxAnswer> => {
  try {
    return await route.handle(request)
  } catch (error) {
    // a bug of the sandbox: its author finds the reason in a header, the wire format stays true
    const reason = encodeURIComponent(String(error)).slice(0, 500)
    const refusal = refuse(500, route.operation)
    return { ...refusal, headers: { ...refusal.headers, 'x-robnu-sandbox-error': reason } }
  }
}

const headerOf = (incoming: IncomingMessage, name: string): string | undefined => {
  const value = incoming.headers[name.toLowerCase()]
  return Array.isArray(value) ? value.join(', ') : value
}

const bodyOf = async (incoming: IncomingMessage): Promise<string | undefined> => {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes <= maxBodyBytes) text += decoder.decode(chunk, { stream: true })
  }
  // what is too long is read to its end and dropped: cutting it off would hide the answer
  return bytes > maxBodyBytes ? undefined : text + decoder.decode()
}

const write = (
  outgoing: ServerResponse,
  answer: SandboxAnswer,
  headers: Readonly<Record<string, string>>,
  cut: boolean,
): void => {
  const { bytes } = answer
  const whole = bytes ?? (answer.body === undefined ? '' : JSON.stringify(answer.body))
  outgoing.writeHead(answer.status, {
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
    ...answer.headers,
    // a file says how long it is: half a table looks like a whole one
    ...(bytes ? { 'content-length': String(bytes.length) } : {}),
  })
  if (cut && bytes) outgoing.write(bytes.slice(0, bytes.length / 2), () => outgoing.destroy())
  else outgoing.end(cut ? whole.slice(0, Math.floor(whole.length / 2)) : whole)
}

/**
 * A broken connection leaves the same doubt as a time-out, without the wait. An answer has to
 * begin: a client may send a request again by itself when not one byte came back.
 */
const breakOff = (outgoing: ServerResponse): void => {
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
  outgoing.write(' ', () => outgoing.destroy())
}
