/** The API as it answers: whose token it is, how often it was asked, and then the thing itself. */
import type { Buckets, Faults, SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import type { Run } from './commands.ts'
import { count, type Seller } from './model.ts'
import type { TokenBook } from './pages.ts'
import { type Sessions, unauthorized } from './session.ts'
import { refused } from './wire.ts'
import type { World } from './world.ts'

export interface ApiOptions {
  readonly world: World
  readonly sessions: Sessions
  readonly tokens: TokenBook
  readonly buckets: Buckets
  readonly faults: Faults
  readonly now: () => number
  readonly run: Run
  readonly tooMany: () => SandboxAnswer
}
/** A request of somebody who may ask. */
type Answer = (
  seller: Seller,
  request: SandboxRequest,
) => SandboxAnswer | Promise<SandboxAnswer>
export type Guard = (
  method: string,
  path: string,
  operation: string,
  bucket: string,
  answer: Answer,
) => readonly SandboxRoute[]

const hosts = ['api.flipkart.net', 'sandbox-api.flipkart.net']
/** A path lives on production and on Flipkart's own sandbox. */
export const onBothHosts = (route: Omit<SandboxRoute, 'host'>): readonly SandboxRoute[] =>
  hosts.map((host) => ({ ...route, host }))

export const createGuard = (options: ApiOptions): Guard => {
  const { world, sessions, buckets, now, tooMany } = options
  return (method, path, operation, bucket, answer) =>
    onBothHosts({
      ...{ method, path, operation },
      handle: (request) => {
        world.catchUp(now())
        const [scheme, token = ''] = (request.header('authorization') ?? '').split(' ')
        const found = scheme?.toLowerCase() === 'bearer' ? sessions.open(token, now()) : undefined
        if (!found) return unauthorized('Full authentication is required to access this resource')
        count(found.seller.asked, operation)
        if (!buckets.take(bucket, found.seller.id)) return tooMany()
        return answer(found.seller, request)
      },
    })
}

/** Undefined: no JSON object. */
export const jsonOf = (body: string): Record<string, unknown> | undefined => {
  try {
    const json: unknown = JSON.parse(body)
    return json && typeof json === 'object' && !Array.isArray(json)
      ? json as Record<string, unknown>
      : undefined
  } catch {
    return undefined
  }
}

export const malformed = (words = 'The body is no JSON object'): SandboxAnswer =>
  refused(400, 'INVALID_REQUEST', words)

/** Ids between commas; a 400 when there are none, or too many. */
export const idsOf = (text: string, most: number): readonly string[] | SandboxAnswer => {
  const ids = [...new Set(text.split(',').map((id) => id.trim()).filter(Boolean))]
  if (ids.length === 0) return malformed('Give at least one id')
  if (ids.length > most) return refused(400, 'LIMIT_EXCEEDED', `At most ${most} ids`)
  return ids
}
export const isRefusal = <T>(found: readonly T[] | SandboxAnswer): found is SandboxAnswer =>
  !Array.isArray(found)
