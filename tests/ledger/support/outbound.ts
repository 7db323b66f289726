/** The way out of an adapter with nobody at the other end: a fetch that a test answers. */
import { createOutbound, type OutboundOptions } from '../../../core/ledger/outbound.ts'
import { createUpstream } from '../../../core/ledger/upstream.ts'
import { type Context, type Failure, failureOf } from '../../../core/plugin.ts'

export const host = 'api.bazaar.example'
export const address = `https://${host}/v3/orders`
export const noon = Date.parse('2026-01-10T12:00:00.000Z')

interface Sent {
  readonly url: URL
  readonly init: RequestInit
  readonly headers: Headers
}
export interface Outbound {
  readonly http: Context['http']
  readonly sent: readonly Sent[]
}

type Answer = (sent: Sent) => Response | Promise<Response>

/** Every request is answered by `answer`, at noon, with `changes` to how the host would do it. */
export const outbound = (
  answer: Answer = () => Response.json({ ok: true }),
  changes: Partial<OutboundOptions> = {},
): Outbound => {
  const sent: Sent[] = []
  const answering: typeof fetch = async (input, init = {}) => {
    const one = { url: new URL(String(input)), init, headers: new Headers(init.headers) }
    sent.push(one)
    return await answer(one)
  }
  const http = createOutbound({
    marketplace: { id: 'bazaar', hosts: [host] },
    upstream: createUpstream(undefined, () => noon),
    fetch: answering,
    signal: new AbortController().signal,
    ...changes,
  })
  return { http, sent }
}

/** The failure that the promise rejects with; throws when it resolves, or is no failure. */
export const failureFrom = async (promise: Promise<unknown>): Promise<Failure> => {
  const error = await errorFrom(promise)
  const failed = failureOf(error)
  if (!failed) throw new Error(`Expected a failure, met: ${error}`, { cause: error })
  return failed
}

export const errorFrom = async (promise: Promise<unknown>): Promise<unknown> => {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`Expected an error, got: ${JSON.stringify(value)}`)
}
