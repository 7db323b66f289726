/** Where a seller's people make, rotate and revoke its API keys. */
import { recordAudit } from '../audit/record.ts'
import type { Database, Entry } from '../db/database.ts'
import { fault } from '../errors.ts'
import type { Random } from '../ids.ts'
import { makeKey } from './api-key-form.ts'
import * as rows from './api-key-rows.ts'
import type { ApiKeyView } from './api-key-rows.ts'

/** `secret` is the whole key: nobody can show it again. */
type NewKey = ApiKeyView & { readonly secret: string }

export interface KeyDesk {
  /** Newest first: those that are good, and those that ended within 30 days. */
  readonly list: (entry: Entry) => Promise<readonly ApiKeyView[]>
  readonly get: (entry: Entry, id: string) => Promise<ApiKeyView | null>
  /** Throws `limit-reached`, `invalid-request`. Who may give which scopes is for the caller to ask. */
  readonly create: (entry: Entry, ask: {
    readonly name: string
    /** Permissions. */
    readonly scopes: readonly string[]
    /** Null: from everywhere. */
    readonly allowedIps: readonly string[] | null
    /** Null: never. */
    readonly expiresAt: Date | null
    /** The person who makes it. */
    readonly by: string
  }) => Promise<NewKey>
  /**
   * A new key like the old one, for as long a life as that was made for; the old one stays good for
   * the overlap, or until its own end. `may` is asked for each scope: the secret is shown to the
   * person. Throws `not-found`, `forbidden`, `api-key-rotated`, `limit-reached`.
   */
  readonly rotate: (entry: Entry, id: string, ask: {
    readonly overlapMs: number
    readonly by: string
    readonly may: (permission: string) => boolean
  }) => Promise<NewKey>
  /** From now on nobody gets in with it. Throws `not-found`. */
  readonly revoke: (entry: Entry, id: string) => Promise<void>
}

export const createKeyDesk = ({ db, now, newId, random }: {
  readonly db: Pick<Database, 'inSellerScope' | 'withSellerScope' | 'makeInSellerScope'>
  readonly now: () => Date
  readonly newId: () => string
  readonly random: Random
}): KeyDesk => ({
  list: (entry) => rows.readKeys(db.inSellerScope(entry), entry.sellerId),
  get: (entry, id) => rows.readKey(db.inSellerScope(entry), entry.sellerId, id),

  create: async (entry, ask) => {
    if (ask.expiresAt !== null && ask.expiresAt <= now()) throw inThePast()
    const { text, ...made } = { id: newId(), ...makeKey(random) }
    return await db.makeInSellerScope(entry, async (scope) => {
      scope.made(made.id)
      await rows.insertKey(scope, { ...made, ...ask })
      recordAudit(scope, scope.sellerId, 'api-key.created', `api-key:${made.id}`, {
        scopes: [...ask.scopes],
        expires_at: ask.expiresAt?.toISOString() ?? null,
      })
      return { ...there(await rows.readKey(scope, scope.sellerId, made.id)), secret: text }
    })
  },

  rotate: async (entry, oldId, { overlapMs, by, may }) => {
    const { text, ...made } = { id: newId(), ...makeKey(random) }
    return await db.makeInSellerScope(entry, async (scope) => {
      const old = await rows.lockKey(scope, oldId)
      if (old === null) throw fault('not-found')
      if (old.rotated_to !== null) throw fault('api-key-rotated')
      if (!old.scopes.every(may)) throw fault('forbidden')
      scope.made(made.id)
      const at = now().getTime()
      const { name, scopes, allowed_ips: allowedIps, created_at, expires_at } = old
      const expiresAt = expires_at && new Date(at + (expires_at.getTime() - created_at.getTime()))
      await rows.insertKey(scope, { ...made, name, scopes, allowedIps, expiresAt, by })
      const until = new Date(Math.min(at + overlapMs, expires_at?.getTime() ?? Infinity))
      await rows.replaceKey(scope, oldId, { rotatedTo: made.id, until })
      recordAudit(scope, scope.sellerId, 'api-key.rotated', `api-key:${oldId}`, {
        to: made.id,
        until: until.toISOString(),
      })
      return { ...there(await rows.readKey(scope, scope.sellerId, made.id)), secret: text }
    })
  },

  revoke: (entry, id) =>
    db.withSellerScope(entry, async (scope) => {
      if (!await rows.revokeKey(scope, id)) throw fault('not-found')
      recordAudit(scope, scope.sellerId, 'api-key.revoked', `api-key:${id}`)
    }),
})

const inThePast = () =>
  fault('invalid-request', {
    errors: [{ pointer: '/expires_at', message: 'must be in the future' }],
  })

const there = (view: ApiKeyView | null): ApiKeyView => {
  if (view === null) throw new Error('The key that was just made is not there')
  return view
}
