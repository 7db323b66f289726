/** Keys of programs, as they come with requests. */
import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import type { Database } from '../db/database.ts'
import type { Log } from '../log.ts'
import { hashOf, prefixOf } from './api-key-form.ts'
import { findKeys, noteUse } from './api-key-rows.ts'
import { isWithinRanges } from './ip-ranges.ts'
import { createLru } from './lru.ts'
import type { KeyPrincipal } from './principal.ts'

export interface ApiKeys {
  /**
   * Undefined for whatever is no living key, and for one that comes from an address that it does not
   * allow. What was found before is believed, since opening the scope confirms it; `fresh` asks anew.
   */
  readonly verify: (
    secret: string,
    clientIp: string,
    options?: { readonly fresh?: boolean },
  ) => Promise<KeyPrincipal | undefined>
  /** Resolves when the last uses are written down. */
  readonly close: () => Promise<void>
}

interface Known {
  readonly principal: KeyPrincipal
  readonly allowedIps: readonly string[] | null
  readonly expiresAt: Date | null
}

const noteEveryMs = 60_000

export const createApiKeys = ({ db, log, now, cacheSize = 10_000 }: {
  readonly db: Pick<Database, 'gate'>
  readonly log: Log
  readonly now: () => Date
  readonly cacheSize?: number
}): ApiKeys => {
  // by the hash of the key: the keys themselves are not kept
  const known = createLru<Known>(cacheSize)
  const notedAt = createLru<number>(cacheSize)
  const writing = new Set<Promise<void>>()

  const find = async (secret: string, fresh: boolean): Promise<Known | undefined> => {
    const prefix = prefixOf(secret)
    if (prefix === undefined) return undefined
    const hash = hashOf(secret)
    const name = Buffer.from(hash).toString('base64')
    const before = fresh ? undefined : known.get(name)
    if (before !== undefined) return before
    const found = (await findKeys(db, prefix))
      .find(({ secret_hash }) => timingSafeEqual(secret_hash, hash))
    if (found === undefined) {
      known.delete(name)
      return undefined
    }
    const key: Known = {
      principal: {
        kind: 'key',
        sellerId: found.seller_id,
        keyId: found.key_id,
        scopes: found.scopes,
        sellerStatus: found.seller_status,
        authzVersion: found.authz_version,
      },
      allowedIps: found.allowed_ips,
      expiresAt: found.expires_at,
    }
    known.set(name, key)
    return key
  }
  /** Beside the request, which neither waits for it nor fails with it. */
  const note = (key: KeyPrincipal, clientIp: string): void => {
    const at = now().getTime()
    if (at - (notedAt.get(key.keyId) ?? -Infinity) < noteEveryMs) return
    notedAt.set(key.keyId, at)
    const write = noteUse(db, key, clientIp)
      .catch((error: unknown) => log.warn('api-key.use-not-noted', { keyId: key.keyId, error }))
      .finally(() => writing.delete(write))
    writing.add(write)
  }

  return {
    verify: async (secret, clientIp, { fresh = false } = {}) => {
      const key = await find(secret, fresh)
      if (key === undefined || key.expiresAt !== null && key.expiresAt <= now()) return undefined
      if (key.allowedIps !== null && !isWithinRanges(clientIp, key.allowedIps)) return undefined
      note(key.principal, clientIp)
      return key.principal
    },
    close: async () => {
      await Promise.all(writing)
    },
  }
}
