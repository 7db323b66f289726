/** What a seller changes about a connected account: pauses, schedules, periods to fetch, credentials. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Entry, SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Marketplace, Target } from '../plugin.ts'
import { isAtLeastEvery, isCron, nextRun } from '../rules/cron.ts'
import { requestWork } from '../queues/work.ts'
import { type AccountLimit, within } from '../rbac/decide.ts'
import type { AccountsDeps } from './accounts.ts'
import { checkCredentials, parseConnect } from './connect.ts'
import { recordCredentialEvent } from './credentials.ts'
import { targetsOf } from '../rules/targets.ts'
import { openAccount } from './run-load.ts'
import { writeSatellite } from './satellite.ts'

interface Of {
  readonly id: string
  readonly accounts: AccountLimit | null
}
interface ScheduleView {
  readonly target: Target
  readonly cron: string
  readonly paused: boolean
  readonly next_run_at: Date
}
interface CredentialEventView {
  readonly id: string
  readonly kind: 'VERIFIED' | 'REFRESHED' | 'REFUSED'
  readonly message: string | null
  readonly run_id: string | null
  readonly created_at: Date
}
/** Each answers null, or false, for an account that is not there, or not for the caller to see. */
export interface AccountCare {
  /** Nothing begins while it is paused; what runs comes to the end of its slice. */
  readonly pause: (
    entry: Entry,
    ask: Of & { readonly paused: boolean; readonly reason: string },
  ) => Promise<boolean>
  /** Throws `target-unsupported`, `schedule-refused`. */
  readonly schedule: (
    entry: Entry,
    ask: Of & { readonly target: Target; readonly cron?: string; readonly paused?: boolean },
  ) => Promise<ScheduleView | null>
  /**
   * New credentials, tried at the marketplace first. Throws `credentials-refused`,
   * `marketplace-unavailable`, `invalid-request`.
   */
  readonly credentials: (
    entry: Entry,
    ask: Of & { readonly credentials: unknown },
  ) => Promise<boolean>
  /** The newest hundred. */
  readonly credentialEvents: (
    entry: Entry,
    ask: Of,
  ) => Promise<readonly CredentialEventView[] | null>
}

/** However often a seller would like it. */
const shortestMs = 5 * 60_000
/** These run by the clock; processing begins when somebody asks for it. */
const scheduled: readonly Target[] = ['ORDERS', 'RETURNS', 'PAYOUTS', 'INVENTORY']

export const createAccountCare = (deps: AccountsDeps): AccountCare => ({
  pause: async (entry, { id, accounts, paused, reason }) => {
    const done = await deps.db.withSellerScope(entry, async (scope) => {
      if (!await findMarketplace(deps, scope, id, accounts)) return false
      const changed = await scope.run(command`
        update marketplace_accounts
        set paused_at = case when ${paused} then now() end,
          pause_reason = case when ${paused} then ${reason} end
        where seller_id = ${scope.sellerId} and id = ${id}
          and (paused_at is not null) <> ${paused}`)
      if (changed === 0) return true
      if (!paused) await scope.run(command`select wake_work(${scope.sellerId}, ${id})`)
      const action = paused ? 'marketplace-account.paused' : 'marketplace-account.resumed'
      recordAudit(scope, scope.sellerId, action, `marketplace-account:${id}`, { reason })
      return true
    })
    deps.wake()
    return done
  },

  schedule: (entry, { id, accounts, target, cron, paused }) => {
    const now = new Date(deps.now())
    if (cron !== undefined && !isFit(cron, now)) throw fault('schedule-refused')
    return deps.db.withSellerScope(entry, async (scope) => {
      const marketplace = await findMarketplace(deps, scope, id, accounts)
      if (!marketplace) return null
      if (!scheduled.includes(target) || !targetsOf(marketplace).includes(target)) {
        throw fault('target-unsupported')
      }
      const before = await scope.maybeOne(sql.type(scheduleRow)`
        select target, cron, paused, next_run_at from schedules
        where seller_id = ${scope.sellerId} and marketplace_account_id = ${id}
          and target = ${target} for update`)
      const text = cron ?? before?.cron ?? marketplace.schedule?.[target]
      if (text === undefined) throw fault('schedule-refused')
      const isPaused = paused ?? before?.paused ?? false
      const isSame = before?.cron === text && before.paused === isPaused
      if (before && isSame) return before
      const after = await scope.one(sql.type(scheduleRow)`
        insert into schedules (seller_id, marketplace_account_id, target, cron, paused, next_run_at)
        values (${scope.sellerId}, ${id}, ${target}, ${text}, ${isPaused},
          ${nextRun(text, now).toISOString()})
        on conflict (seller_id, marketplace_account_id, target) do update
          set cron = excluded.cron, paused = excluded.paused, next_run_at = excluded.next_run_at
        returning target, cron, paused, next_run_at`)
      recordAudit(scope, scope.sellerId, 'schedule.changed', `marketplace-account:${id}`, {
        target,
        cron: text,
        paused: isPaused,
      })
      return after
    })
  },

  credentials: async (entry, { id, accounts, credentials }) => {
    const keys = await deps.keyring.forSeller(entry)
    const found = await deps.db.withSellerScope(entry, async (scope) => {
      const marketplace = await findMarketplace(deps, scope, id, accounts)
      if (!marketplace) return null
      return {
        marketplace,
        ...await openAccount(scope, keys, marketplace, id, 'credentials.replace'),
      }
    })
    if (!found) return false
    const { marketplace, account } = found
    const parsed = await parseConnect(marketplace, {
      ...{ marketplace: marketplace.code, name: '', details: account.details, credentials },
      external_account_id: account.externalAccountId,
    })
    await checkCredentials(deps, marketplace, { id, ...parsed })
    const sealing = await deps.keyring.forSeller(entry, { willSeal: marketplace.secrets.length })
    await deps.db.withSellerScope(entry, async (scope) => {
      // a refresh that is under way finds its lease gone, and leaves its pair unstored
      await scope.run(command`
        update marketplace_accounts
        set credentials_version = credentials_version + 1, refresh_lease = null,
          refresh_lease_until = null, needs_reconnect = false, reconnect_reason = null,
          last_validated_at = now(), last_validation_status = 'OK', credentials_given_at = now()
        where seller_id = ${scope.sellerId} and id = ${id}`)
      await writeSatellite(scope, sealing, marketplace, id, { credentials: parsed.credentials })
      await recordCredentialEvent(scope, { account: { id }, runId: null }, 'VERIFIED', null)
      await syncScheduled(deps, scope, marketplace, id)
      recordAudit(
        scope,
        scope.sellerId,
        'marketplace-account.credentials-replaced',
        `marketplace-account:${id}`,
      )
    })
    deps.wake()
    return true
  },

  credentialEvents: (entry, { id, accounts }) =>
    deps.db.withSellerScope(entry, async (scope) => {
      if (!await findMarketplace(deps, scope, id, accounts)) return null
      return await scope.any(sql.type(eventRow)`
        select id, kind, message, job_run_id as run_id, created_at
        from marketplace_credential_events
        where seller_id = ${scope.sellerId} and marketplace_account_id = ${id}
        order by created_at desc, id limit 100`)
    }),
})

const isFit = (cron: string, now: Date): boolean =>
  isCron(cron) && isAtLeastEvery(cron, shortestMs, now)

/** Null: there is no such account, or none for the caller to see. Throws `marketplace-unknown`. */
const findMarketplace = async (
  { registry }: Pick<AccountsDeps, 'registry'>,
  scope: SellerScope,
  id: string,
  accounts: AccountLimit | null,
): Promise<Marketplace | null> => {
  if (!within(accounts, id)) return null
  const account = await scope.maybeOne(sql.type(z.object({ code: z.string() }))`
    select m.code from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where a.seller_id = ${scope.sellerId} and a.id = ${id}`)
  if (!account) return null
  const marketplace = registry.find(account.code)
  if (!marketplace) throw fault('marketplace-unknown')
  return marketplace
}

/** What the refusal has kept from coming is fetched at once. */
const syncScheduled = async (
  { queueOf }: Pick<AccountsDeps, 'queueOf'>,
  scope: SellerScope,
  marketplace: Marketplace,
  accountId: string,
): Promise<void> => {
  const rows = await scope.any(sql.type(z.object({ target: z.enum(scheduled) }))`
    select target from schedules
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId} and not paused`)
  for (const { target } of rows) {
    await requestWork(scope, {
      ...{ sellerId: scope.sellerId, accountId, target, reason: 'manual' },
      queue: queueOf(target, marketplace.id),
    })
  }
}

const scheduleRow = z.object({
  target: z.enum(scheduled),
  cron: z.string(),
  paused: z.boolean(),
  next_run_at: z.date(),
})
const eventRow = z.object({
  id: z.string(),
  kind: z.enum(['VERIFIED', 'REFRESHED', 'REFUSED']),
  message: z.string().nullable(),
  run_id: z.string().nullable(),
  created_at: z.date(),
})
