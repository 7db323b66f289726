/** One request on its way through the server, and how its answer is made. */
import type { Fault } from '../errors.ts'
import { apiHeaders } from './headers.ts'
import { problemBody, problemHeaders } from './problem.ts'
import type { Route } from './route.ts'

/** Who is at the other end, as the network tells it. */
export interface Peer {
  readonly ip: string
}
export interface Exchange {
  readonly requestId: string
  readonly peer: Peer
  route?: Route
  sellerId?: string
  hasCookie?: boolean
  /** A whole Set-Cookie line. */
  cookie?: string
  location?: string
}
/** What Hono carries for us. */
export interface Env {
  // a type and not an interface: Hono wants to index it
  readonly Bindings: { readonly exchange: Exchange }
}

/** JSON as it stands: answers are described by schemas, and parsed by none on their way out. */
export const jsonAnswer = (exchange: Exchange, status: number, value: unknown): Response => {
  const body = value === undefined ? null : JSON.stringify(value)
  const type = body === null ? undefined : 'application/json; charset=utf-8'
  return new Response(body, { status, headers: headersOf(exchange, type) })
}

export const problemAnswer = (
  exchange: Exchange,
  error: Fault,
  more?: Readonly<Record<string, unknown>>,
): Response =>
  new Response(JSON.stringify(problemBody(error, exchange.requestId, more)), {
    status: error.status,
    headers: { ...headersOf(exchange), ...problemHeaders(error) },
  })

const headersOf = (exchange: Exchange, contentType?: string): Record<string, string> => {
  const headers: Record<string, string> = { ...apiHeaders, 'x-request-id': exchange.requestId }
  if (contentType !== undefined) headers['content-type'] = contentType
  if (exchange.cookie !== undefined) headers['set-cookie'] = exchange.cookie
  if (exchange.location !== undefined) headers.location = exchange.location
  return headers
}
