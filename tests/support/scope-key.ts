/** The key for scopes of every test database, known to the template that they are copies of. */
import { Buffer } from 'node:buffer'
import type { Entry } from '../../core/db/database.ts'
import { proofOf, type ScopeKey, scopeKeyOf } from '../../core/db/proof.ts'

export const testScopeKey = scopeKeyOf(new Uint8Array(32).fill(7))

/** What `app_enter` is told. */
export interface Knock {
  readonly kind: string
  readonly ref: string
  readonly sellerId: string
  readonly expires: Date
  readonly proof: Uint8Array
}

/** An entry signed for a backend, as the driver does it. */
export const knockOf = (
  entry: Omit<Entry, 'kind'> & { readonly kind: string },
  backend: number,
  { key = testScopeKey, lifeMs = 60_000 }: {
    readonly key?: ScopeKey
    readonly lifeMs?: number
  } = {},
): Knock => {
  const { kind, ref, sellerId } = entry
  const expires = new Date(Date.now() + lifeMs)
  return {
    ...{ kind, ref, sellerId, expires },
    proof: proofOf(key, { kind, ref, sellerId, expires, backend }),
  }
}

/** The call as text, for whoever calls the door by hand. */
export const enterText = ({ kind, ref, sellerId, expires, proof }: Knock): string =>
  `select app_enter('${kind}', '${ref}', '${sellerId}', '${expires.toISOString()}',
    '\\x${Buffer.from(proof).toString('hex')}')`
