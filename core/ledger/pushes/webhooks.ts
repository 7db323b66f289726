/** Requests of marketplaces to us: the account found, the signature checked, and then a run asked for. */
import { z } from 'zod'
import type { Limits } from '../../auth/limits/limits.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { Database, Entry } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { fault, hasCode } from '../../errors.ts'
import type { Log } from '../../log.ts'
import {
  type Account,
  failureKind,
  type Marketplace,
  type Push,
  type Webhook,
} from '../../plugin.ts'
import type { QueueOf } from '../../queues/layout.ts'
import type { Registry } from '../registry.ts'
import { openAccount } from '../run-load.ts'
import type { Upstream } from '../upstream.ts'
import { recordPush } from './events.ts'
import { readNote } from './note.ts'

export interface WebhookDeps {
  readonly db: Database
  readonly keyring: Keyring
  readonly registry: Registry
  readonly queueOf: QueueOf
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly limits: Limits
  readonly log: Log
  /** Milliseconds of a clock that moves forward, and waiting by it. */
  readonly ticks: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** A run is there to be sent off. */
  readonly wake: () => void
}
export interface PushAsk {
  readonly pluginId: string
  readonly accountId: string
  /** Behind the account's id: empty, or `/orders`. */
  readonly path: string
  readonly push: Push
}
export interface Webhooks {
  /**
   * Resolves when there is no more to do, also where it came before, and where nothing may begin for
   * the account. Throws `push-refused` for whatever is not signed by the account's marketplace, in one
   * and the same time whether there is such an account or not; `quota-exceeded`, and what the database
   * and the keys throw.
   */
  readonly take: (ask: PushAsk) => Promise<void>
}

/** Longer than to find an account and check a signature: who guesses ids learns nothing by it. */
const refusalMs = 250

export const createWebhooks = (deps: WebhookDeps): Webhooks => ({
  take: async (ask) => {
    const began = deps.ticks()
    if (await taken(deps, ask)) return
    await deps.sleep(Math.max(0, began + refusalMs - deps.ticks()))
    throw fault('push-refused')
  },
})

/** False: nobody can tell whether it is the marketplace. */
const taken = async (deps: WebhookDeps, ask: PushAsk): Promise<boolean> => {
  const { pluginId, accountId, path, push } = ask
  const log = deps.log.with({ plugin: pluginId, account: accountId })
  const marketplace = deps.registry.all.find(({ id }) => id === pluginId)
  const webhook = marketplace?.webhooks?.find((one) => one.path === path)
  const found = webhook && await findAccount(deps.db, pluginId, accountId)
  if (!marketplace || !webhook || !found) {
    deps.log.info('push.refused', { why: 'nobody' })
    return false
  }
  const { sellerId, isHeld } = found
  const standings = await deps.limits.take({ kind: 'push', id: accountId }, true)
  const wait = standings.find(({ isAllowed }) => !isAllowed)?.resetSeconds
  if (wait !== undefined) throw fault('quota-exceeded', { retryAfterSeconds: wait })
  const account = await opened(deps, marketplace, found.entry, accountId)
  if (!account || !await isSigned(deps, marketplace, webhook, push, account, log)) {
    log.warn('push.refused', { seller: sellerId, why: 'signature' })
    return false
  }
  const note = await readNote(marketplace, webhook.read, push.body, log)
  if (!note) {
    log.info('push.nothing', { seller: sellerId })
    return true
  }
  // an event that names nobody is of the account whose address it came to
  if (note.externalAccountId !== '' && note.externalAccountId !== account.externalAccountId) {
    log.warn('push.refused', { seller: sellerId, why: 'other-account' })
    return false
  }
  if (isHeld) {
    log.info('push.held', { seller: sellerId })
    return true
  }
  const { db, queueOf } = deps
  const what = await db.withSellerScope(
    found.entry,
    (scope) => recordPush(scope, { sellerId, accountId, pluginId }, note, queueOf),
  ).catch((error: unknown) => {
    // suspended at this very moment, or connected anew: the schedule looks as well
    if (hasCode(error, 'stale-authz')) return 'held' as const
    throw error
  })
  log.info('push.taken', { seller: sellerId, target: note.target, what })
  if (what === 'new') deps.wake()
  return true
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const findAccount = async (db: Database, pluginId: string, accountId: string) => {
  if (!uuid.test(accountId)) return undefined
  const row = await db.gate.maybeOne(sql.type(foundRow)`
    select seller_id, ref, held from find_pushed_account(${pluginId}, ${accountId})`)
  if (!row) return undefined
  const { seller_id: sellerId, ref, held: isHeld } = row
  const entry: Entry = { sellerId, kind: 'push', ref }
  return { sellerId, entry, isHeld }
}
const foundRow = z.object({ seller_id: z.string(), ref: z.string(), held: z.boolean() })

/** Undefined where the account has no keys yet, or was connected anew just now. */
const opened = async (
  { db, keyring }: WebhookDeps,
  marketplace: Marketplace,
  entry: Entry,
  accountId: string,
): Promise<Account<unknown, unknown> | undefined> => {
  const keys = await keyring.toOpen(entry)
  if (!keys) return undefined
  const { account } = await db.withSellerScope(
    entry,
    (scope) => openAccount(scope, keys, marketplace, accountId, 'webhook'),
  )
  return account
}

const isSigned = async (
  { upstreamOf }: WebhookDeps,
  { id }: Marketplace,
  webhook: Webhook,
  push: Push,
  account: Account<unknown, unknown>,
  log: Log,
): Promise<boolean> => {
  try {
    return await webhook.verify(push, account, upstreamOf(id).now()) === true
  } catch (error) {
    // its process is on its way back: the marketplace sends again
    if (failureKind(error) === 'unavailable') throw error
    log.error('push.verify-failed', { name: error instanceof Error ? error.name : 'unknown' })
    return false
  }
}
