/** Fresh credentials: one worker at a time asks the marketplace, the others take what it stored. */
import { z } from 'zod'
import type { Keyring } from '../crypto/keyring.ts'
import type { SellerKeys } from '../crypto/keys.ts'
import type { Database, Entry } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import { type Account, type Context, failure, failureOf, type Marketplace } from '../plugin.ts'
import { writeSatellite } from './satellite.ts'

export interface RefreshRequest {
  readonly db: Database
  readonly keyring: Keyring
  readonly entry: Entry
  readonly marketplace: Marketplace
  readonly account: Account<unknown, unknown>
  /** The version that was refused. */
  readonly version: number
  readonly runId: string
  readonly context: Context
  /** The adapter's `refresh`. */
  readonly ask: NonNullable<Marketplace['adapter']['refresh']>
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Longer than any token endpoint takes; a worker that dies holds the others up for this long. */
const leaseSeconds = 60
const pollMs = 200

/**
 * Resolves when newer credentials than `version` are stored. Throws `auth` when the marketplace
 * refuses: then the account says that it has to be connected anew, and why.
 */
export const refreshCredentials = async (request: RefreshRequest): Promise<void> => {
  for (;;) {
    const state = await takeLease(request)
    if (state === 'newer') return
    if (state === 'held') {
      await request.sleep(pollMs, request.context.signal)
      request.context.signal.throwIfAborted()
      continue
    }
    return await refresh(request, state.lease)
  }
}

type LeaseState = 'newer' | 'held' | { readonly lease: string }

const takeLease = ({ db, entry, account, version }: RefreshRequest): Promise<LeaseState> =>
  db.withSellerScope(entry, async (scope) => {
    const found = await scope.one(sql.type(accountRow)`
      select credentials_version, reconnect_reason,
        last_validation_status = 'REFUSED'
          and last_validated_at > clock_timestamp() - ${justNow}::interval as just_refused
      from marketplace_accounts where seller_id = ${scope.sellerId} and id = ${account.id}`)
    if (found.credentials_version > version) return 'newer'
    // one worker has heard the refusal for all that waited with it
    if (found.just_refused) throw failure('auth', found.reconnect_reason ?? refusedMessage)
    const lease = newId()
    const taken = await scope.run(command`
      update marketplace_accounts set refresh_lease = ${lease},
        refresh_lease_until = clock_timestamp() + ${`${leaseSeconds} seconds`}::interval
      where seller_id = ${scope.sellerId} and id = ${account.id}
        and credentials_version = ${version}
        and (refresh_lease_until is null or refresh_lease_until < clock_timestamp())
        -- asked again: the one before may have ended while this statement waited for its row
        and (last_validation_status is distinct from 'REFUSED'
          or last_validated_at < clock_timestamp() - ${justNow}::interval)`)
    return taken === 1 ? { lease } : 'held'
  })

const accountRow = z.object({
  credentials_version: z.number(),
  reconnect_reason: z.string().nullable(),
  just_refused: z.boolean().nullable(),
})
/** A seller who has mended it at the portal is heard after this time. */
const justNow = '30 seconds'
const refusedMessage = 'The marketplace refuses the credentials'

const refresh = async (request: RefreshRequest, lease: string): Promise<void> => {
  const { marketplace, account, context, db, entry, keyring } = request
  let keys: SellerKeys
  let credentials: unknown
  try {
    // before anything is asked: a pair that cannot be stored is a pair that is lost
    keys = await keyring.forSeller(entry, { willSeal: marketplace.secrets.length })
    credentials = await parsed(marketplace, await request.ask(account, context))
  } catch (error) {
    const refused = failureOf(error)
    await giveUp(request, lease, refused?.kind === 'auth' ? refused.message : null)
    throw error
  }
  await db.withSellerScope(entry, async (scope) => {
    const kept = await scope.run(command`
      update marketplace_accounts
      set credentials_version = credentials_version + 1, refresh_lease = null,
        refresh_lease_until = null, needs_reconnect = false, reconnect_reason = null,
        last_validated_at = now(), last_validation_status = 'OK'
      where seller_id = ${scope.sellerId} and id = ${account.id} and refresh_lease = ${lease}`)
    // the lease ran out and another worker took over: its pair is the living one
    if (kept === 0) return
    await writeSatellite(scope, keys, marketplace, account.id, { credentials })
    await recordCredentialEvent(scope, request, 'REFRESHED', null)
  })
}

/** What does not have the plugin's own form would lock the account up at its next reading. */
const parsed = async (marketplace: Marketplace, credentials: unknown): Promise<unknown> => {
  const result = await marketplace.credentials['~standard'].validate(credentials)
  if (!result.issues) return result.value
  throw failure('bad-response', 'The plugin made credentials that do not have its own form')
}

/** Ends the lease; with a reason, the account has to be connected anew. */
const giveUp = async (
  request: RefreshRequest,
  lease: string,
  reason: string | null,
): Promise<void> => {
  await request.db.withSellerScope(request.entry, async (scope) => {
    await scope.run(command`
      update marketplace_accounts set refresh_lease = null, refresh_lease_until = null
      where seller_id = ${scope.sellerId} and id = ${request.account.id}
        and refresh_lease = ${lease}`)
    if (reason !== null) await needsReconnect(scope, request, reason)
  })
}

type Scope = Parameters<Parameters<Database['withSellerScope']>[1]>[0]

/** Says on the account, in words for the seller, that the marketplace refuses its credentials. */
export const needsReconnect = async (
  scope: Scope,
  { account, runId }: Pick<RefreshRequest, 'account' | 'runId'>,
  reason: string,
): Promise<void> => {
  await scope.run(command`
    update marketplace_accounts
    set needs_reconnect = true, reconnect_reason = ${reason}, last_validated_at = now(),
      last_validation_status = 'REFUSED'
    where seller_id = ${scope.sellerId} and id = ${account.id}`)
  await recordCredentialEvent(scope, { account, runId }, 'REFUSED', reason)
}

export const recordCredentialEvent = async (
  scope: Scope,
  { account, runId }: { account: { readonly id: string }; runId: string | null },
  kind: 'VERIFIED' | 'REFRESHED' | 'REFUSED',
  message: string | null,
): Promise<void> => {
  await scope.run(command`
    insert into marketplace_credential_events (
      seller_id, id, marketplace_account_id, kind, message, job_run_id
    ) values (${scope.sellerId}, ${newId()}, ${account.id}, ${kind}, ${message}, ${runId})`)
}
