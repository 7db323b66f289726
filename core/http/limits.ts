/** Counts requests, and tells their senders how they stand. */
import type { Limits, Sender } from '../auth/limits/limits.ts'
import type { Standing } from '../auth/limits/limiter.ts'
import type { Principal } from '../auth/principal.ts'
import { fault } from '../errors.ts'
import type { Exchange } from './exchange.ts'

/** Staff count for themselves, also while they act inside a seller. */
export const senderOf = (principal: Principal): Sender =>
  principal.kind === 'impersonator'
    ? { kind: 'staff', id: principal.superAdminId }
    : { kind: 'seller', id: principal.sellerId }

/** Throws `quota-exceeded`. */
export const countRequest = async (
  limits: Limits,
  exchange: Exchange,
  sender: Sender,
): Promise<void> => {
  const writes = exchange.route !== undefined && exchange.route.method !== 'get'
  const standings = await limits.take(sender, writes)
  exchange.standings = standings
  const waits = standings.filter(({ isAllowed }) => !isAllowed).map((one) => one.resetSeconds)
  if (waits.length > 0) throw fault('quota-exceeded', { retryAfterSeconds: Math.max(...waits) })
}

/** The fields of draft-ietf-httpapi-ratelimit-headers: lists of strings with parameters. */
export const limitHeaders = (standings: readonly Standing[]): Record<string, string> => {
  if (standings.length === 0) return {}
  const list = (item: (standing: Standing) => string) => standings.map(item).join(', ')
  return {
    'ratelimit-policy': list(({ policy: { name, quota, windowSeconds } }) =>
      `"${name}";q=${quota};w=${windowSeconds}`
    ),
    'ratelimit': list(({ policy: { name }, remaining, resetSeconds }) =>
      `"${name}";r=${remaining};t=${resetSeconds}`
    ),
  }
}
