/** One request on its way through the server, and how its answer is made. */
import type { ImpersonatorPrincipal } from '../auth/principal.ts'
import type { Standing } from '../auth/limits/limiter.ts'
import type { Fault } from '../errors.ts'
import { apiHeaders } from './headers.ts'
import { limitHeaders } from './limits.ts'
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
  /** Further ones. */
  moreCookies?: readonly string[]
  location?: string
  /** Staff act inside the seller: every answer says so. */
  impersonation?: ImpersonatorPrincipal
  /** The answer is that of an earlier request with the same Idempotency-Key. */
  isRepeated?: boolean
  /** What is left of the rate limits that the request counts for. */
  standings?: readonly Standing[]
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
  return withCookies(
    exchange,
    new Response(body, { status, headers: headersOf(exchange, type) }),
  )
}

/** Text that comes in pieces. What fails on the way breaks the answer off: it has its status already. */
export const streamAnswer = (
  exchange: Exchange,
  contentType: string,
  pieces: AsyncGenerator<string>,
): Response => {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await pieces.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => void await pieces.return(undefined),
  }, { highWaterMark: 1 })
  return new Response(body, { headers: headersOf(exchange, contentType) })
}

export const problemAnswer = (
  exchange: Exchange,
  error: Fault,
  more?: Readonly<Record<string, unknown>>,
): Response =>
  withCookies(
    exchange,
    new Response(JSON.stringify(problemBody(error, exchange.requestId, more)), {
      status: error.status,
      headers: { ...headersOf(exchange), ...problemHeaders(error) },
    }),
  )

/** A record holds one line of each name; most answers have none. */
const withCookies = ({ moreCookies }: Exchange, answer: Response): Response => {
  for (const line of moreCookies ?? []) answer.headers.append('set-cookie', line)
  return answer
}

const headersOf = (exchange: Exchange, contentType?: string): Record<string, string> => {
  const headers: Record<string, string> = { ...apiHeaders, 'x-request-id': exchange.requestId }
  if (contentType !== undefined) headers['content-type'] = contentType
  if (exchange.cookie !== undefined) headers['set-cookie'] = exchange.cookie
  if (exchange.location !== undefined) headers.location = exchange.location
  if (exchange.isRepeated === true) headers['idempotency-replayed'] = 'true'
  if (exchange.standings !== undefined) Object.assign(headers, limitHeaders(exchange.standings))
  if (exchange.impersonation !== undefined) {
    const { impersonationId, mode, expiresAt } = exchange.impersonation
    headers['x-robnu-impersonation'] =
      `"${impersonationId}";mode="${mode}";expires="${expiresAt.toISOString()}"`
  }
  return headers
}
