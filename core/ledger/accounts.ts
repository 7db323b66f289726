/** A seller's connections to marketplaces: listing, connecting, and asking for a sync. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Database, Entry, SellerScope } from '../db/database.ts'
import { constraintOf, sqlState } from '../db/scope.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { newId } from '../ids.ts'
import { type Marketplace, type Target, targets } from '../plugin.ts'
import type { QueueOf } from '../queues/layout.ts'
import { nextRun } from '../rules/cron.ts'
import { requestWork } from '../queues/work.ts'
import { type AccountLimit, within } from '../rbac/decide.ts'
import { allOf, withinLimit } from './account-limit.ts'
import { checkCredentials, type ConnectInput, parseConnect, type VerifyDeps } from './connect.ts'
import { recordCredentialEvent } from './credentials.ts'
import type { Registry } from './registry.ts'
import { targetsOf } from '../rules/targets.ts'
import { readRun, type RunView } from './runs.ts'
import { writeSatellite } from './satellite.ts'

export interface AccountView {
  readonly id: string
  readonly marketplace: string
  readonly external_account_id: string
  readonly name: string
  readonly needs_reconnect: boolean
  readonly reconnect_reason: string | null
  /** By the seller; null where it is not. */
  readonly paused_at: Date | null
  readonly pause_reason: string | null
  readonly last_validated_at: Date | null
  readonly last_validation_status: string | null
  readonly targets: readonly Target[]
  readonly created_at: Date
  readonly schedules: readonly {
    readonly target: Target
    readonly cron: string
    readonly paused: boolean
    readonly next_run_at: Date
  }[]
}

export interface AccountsDeps extends VerifyDeps {
  readonly db: Database
  readonly keyring: Keyring
  readonly registry: Registry
  readonly queueOf: QueueOf
  readonly now: () => number
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}

export const createAccounts = (deps: AccountsDeps) => ({
  marketplaces: () =>
    Promise.resolve(
      deps.registry.all.map((m) => ({ code: m.code, name: m.name, targets: targetsOf(m) })),
    ),

  list: (
    entry: Entry,
    accounts: AccountLimit | null = null,
  ): Promise<readonly AccountView[]> => readAccounts(deps, entry, { accounts }),

  /** Null outside of the limit, as for an account that is not there. */
  get: async (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null = null,
  ): Promise<AccountView | null> => (await readAccounts(deps, entry, { id, accounts }))[0] ?? null,

  /** Throws `marketplace-unknown`, `invalid-request`, `credentials-refused`, `account-exists`. */
  connect: async (entry: Entry, input: ConnectInput): Promise<AccountView> => {
    const marketplace = deps.registry.find(input.marketplace)
    if (!marketplace) throw fault('marketplace-unknown')
    const parsed = await parseConnect(marketplace, input)
    const id = newId()
    await checkCredentials(deps, marketplace, { id, ...parsed })
    const keys = await deps.keyring.forSeller(entry, { willSeal: marketplace.secrets.length })
    await deps.db.makeInSellerScope(entry, async (scope) => {
      scope.made(id)
      await insertAccount(scope, marketplace, id, input)
      await writeSatellite(scope, keys, marketplace, id, parsed)
      await recordCredentialEvent(scope, { account: { id }, runId: null }, 'VERIFIED', null)
      await startSchedules(scope, marketplace, id, deps)
      recordAudit(
        scope,
        scope.sellerId,
        'marketplace-account.connected',
        `marketplace-account:${id}`,
        {
          marketplace: marketplace.code,
          external_account_id: input.external_account_id,
        },
      )
    })
    deps.wake()
    const [view] = await readAccounts(deps, entry, { id })
    if (!view) throw new Error('The account that was just connected is not there')
    return view
  },

  /** Null when the seller has no such account. A request that meets a waiting run joins it. */
  requestSync: async (
    entry: Entry,
    accountId: string,
    ask: {
      readonly target: Target
      readonly from?: Date
      readonly to?: Date
      readonly accounts?: AccountLimit | null
      readonly reason?: 'manual' | 'backfill'
    },
  ): Promise<{ readonly run: RunView; readonly created: boolean } | null> => {
    const answer = await deps.db.makeInSellerScope(entry, async (scope) => {
      const account = await scope.maybeOne(sql.type(codeRow)`
        select m.code, a.paused_at is not null as paused
        from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
        where a.seller_id = ${scope.sellerId} and a.id = ${accountId}`)
      if (!account || !within(ask.accounts ?? null, accountId)) return null
      const marketplace = deps.registry.find(account.code)
      if (!marketplace) throw fault('marketplace-unknown')
      if (!targetsOf(marketplace).includes(ask.target)) throw fault('target-unsupported')
      if (account.paused) throw fault('account-paused')
      const asked = await requestWork(scope, {
        sellerId: scope.sellerId,
        accountId,
        target: ask.target,
        reason: ask.reason ?? 'manual',
        queue: deps.queueOf(ask.target, marketplace.id),
        ...(ask.from && ask.to ? { window: { from: ask.from, to: ask.to } } : {}),
      })
      if (!asked) return null
      scope.made(asked.runId)
      // who joins a run that waits changes nothing
      if (asked.created) {
        recordAudit(scope, scope.sellerId, 'run.requested', `run:${asked.runId}`, {
          account: accountId,
          target: ask.target,
          ...(ask.from && ask.to ? { from: ask.from.toISOString(), to: ask.to.toISOString() } : {}),
        })
      }
      const run = await readRun(scope, asked.runId)
      return run && { run, created: asked.created }
    })
    deps.wake()
    return answer
  },
})

const codeRow = z.object({ code: z.string(), paused: z.boolean() })

const insertAccount = async (
  scope: SellerScope,
  marketplace: Marketplace,
  id: string,
  input: ConnectInput,
): Promise<void> => {
  try {
    await scope.run(command`
      insert into marketplace_accounts (
        seller_id, id, marketplace_id, external_account_id, name, last_validated_at,
        last_validation_status, created_by_user_id
      )
      select ${scope.sellerId}, ${id}, m.id, ${input.external_account_id}, ${input.name}, now(), 'OK',
        nullif(split_part(app_current_actor(), 'user:', 2), '')::uuid
      from marketplaces m where m.code = ${marketplace.code}`)
  } catch (error) {
    const taken = sqlState(error) === '23505' &&
      constraintOf(error) === 'marketplace_accounts__seller_marketplace_external'
    throw taken ? fault('account-exists', { cause: error }) : error
  }
}

/** Every target with a default cron is scheduled, and asked for once at once. */
const startSchedules = async (
  scope: SellerScope,
  marketplace: Marketplace,
  accountId: string,
  { queueOf, now }: Pick<AccountsDeps, 'queueOf' | 'now'>,
): Promise<void> => {
  for (const target of targetsOf(marketplace)) {
    const cron = marketplace.schedule?.[target]
    if (!cron) continue
    await scope.run(command`
      insert into schedules (seller_id, marketplace_account_id, target, cron, next_run_at)
      values (${scope.sellerId}, ${accountId}, ${target}, ${cron},
        ${nextRun(cron, new Date(now())).toISOString()})`)
    const queue = queueOf(target, marketplace.id)
    const asked = { sellerId: scope.sellerId, accountId, target, queue }
    await requestWork(scope, { ...asked, reason: 'schedule' })
  }
}

const readAccounts = async (
  { db, registry }: AccountsDeps,
  entry: Entry,
  { id, accounts }: { readonly id?: string; readonly accounts?: AccountLimit | null },
): Promise<readonly AccountView[]> => {
  const conditions = [
    sql.fragment`a.seller_id = ${entry.sellerId}`,
    ...id === undefined ? [] : [sql.fragment`a.id = ${id}`],
    ...withinLimit(accounts, sql.fragment`a.id`),
  ]
  const rows = await db.inSellerScope(entry).any(sql.type(accountRow)`
    select a.id, m.code as marketplace, a.external_account_id, a.name, a.needs_reconnect,
      a.reconnect_reason, a.paused_at, a.pause_reason, a.last_validated_at, a.last_validation_status, a.created_at,
      coalesce((
        select jsonb_agg(jsonb_build_object('target', s.target, 'cron', s.cron,
          'paused', s.paused, 'next_run_at', s.next_run_at) order by s.target)
        from schedules s
        where s.seller_id = a.seller_id and s.marketplace_account_id = a.id
      ), '[]') as schedules
    from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where ${allOf(...conditions)}
    order by a.created_at, a.id`)
  return rows.map((row) => {
    const marketplace = registry.find(row.marketplace)
    return { ...row, targets: marketplace ? targetsOf(marketplace) : [] }
  })
}

const accountRow = z.object({
  id: z.string(),
  marketplace: z.string(),
  external_account_id: z.string(),
  name: z.string(),
  needs_reconnect: z.boolean(),
  reconnect_reason: z.string().nullable(),
  paused_at: z.date().nullable(),
  pause_reason: z.string().nullable(),
  last_validated_at: z.date().nullable(),
  last_validation_status: z.string().nullable(),
  created_at: z.date(),
  schedules: z.array(z.object({
    target: z.enum(targets),
    cron: z.string(),
    paused: z.boolean(),
    next_run_at: z.coerce.date(),
  })),
})
