/** Reads all that stands between the clock and a sync of one account. No row of a buyer is read. */
import { nothingToSee } from '../check.ts'
import type { Logins } from '../checks/database.ts'
import type { Queues } from '../checks/queues.ts'
import type { Sweeps } from '../checks/sweeps.ts'
import type { Ground } from '../ground.ts'
import { looking } from '../read/database.ts'
import type { LoadedHost } from '../read/plugins.ts'
import type { AccountFacts } from './links.ts'

export interface Around {
  readonly loaded: LoadedHost
  /** Null: they could not be looked at. */
  readonly sweeps: Sweeps | null
  readonly queues: Queues | null
}

export const readAccount = (
  logins: Logins,
  { loaded, sweeps, queues }: Around,
  ground: Ground,
): Promise<AccountFacts> => {
  const id = ground.accountId
  if (id === undefined) throw nothingToSee('no account was named: --account <id>')
  return looking(logins, ground, async (sql, as) => {
    const [account] = await sql<NonNullable<AccountFacts['account']>[]>`
      select m.code, m.plugin_id as "pluginId", s.status as "sellerStatus",
        a.paused_at as "pausedAt", a.pause_reason as "pauseReason",
        a.needs_reconnect as "needsReconnect", a.reconnect_reason as "reconnectReason",
        a.last_validated_at as "lastValidatedAt", a.created_at as "createdAt",
        (select w.key from switches w where not w.enabled
          and w.key in ('account:' || a.id, 'marketplace:' || m.code) limit 1) as "switchedOff",
        exists (select from plugins p where p.id = m.plugin_id and not p.enabled) as "pluginOff",
        b.opened_at as "breakerOpenedAt", b.probe_at as "breakerProbeAt"
      from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
      join sellers s on s.id = a.seller_id
      left join breakers b on b.marketplace_code = m.code
      where a.id = ${id}`
    if (account === undefined) return { ...nobody, now: ground.now() }
    const schedules = await sql<AccountFacts['schedules'][number][]>`
      select target, cron, paused, next_run_at as "nextRunAt" from schedules
      where marketplace_account_id = ${id} order by target`
    const items = await sql<AccountFacts['items'][number][]>`
      select w.target, w.state, w.queue, w.not_before as "notBefore", w.attempts,
        w.lease_until as "leaseUntil", w.last_error as "lastError",
        (select min(o.not_before) from outbox o where o.seller_id = w.seller_id
          and o.sent_at is null and o.body ->> 'workItemId' = w.id::text) as "unsentSince"
      from work_items w
      where w.marketplace_account_id = ${id} and w.state in ('WAITING', 'RUNNING', 'DEAD')
      order by w.id limit 50`
    const [dead] = await sql<{ count: number }[]>`
      select count(*)::int as count from dead_letters
      where marketplace_account_id = ${id} and state = 'DEAD'`
    const runs = await sql<AccountFacts['runs'][number][]>`
      select distinct on (target) target, state, failure_kind as "failureKind",
        failure_message as "failureMessage", finished_at as "finishedAt", received, rejected,
        rejected_reasons as "rejectedReasons"
      from job_runs where marketplace_account_id = ${id} and finished_at is not null
      order by target, id desc`
    const buckets = as === 'owner'
      ? await sql<{ operation: string; tokens: number }[]>`
        select operation, tokens from rate_buckets
        where marketplace_account_id = ${id} and tokens < 0 order by operation`
      : null
    const plugin = loaded.host?.marketplaces.find((one) => one.id === account.pluginId)
    return {
      ...{ account, schedules, items, runs, deadLetters: dead?.count ?? 0 },
      emptyBuckets: buckets && buckets.map(({ operation }) => operation),
      isPluginLoaded: loaded.host === null ? null : plugin !== undefined,
      schedulingSweep: sweeps && sweeps.why === undefined
        ? {
          isOff: sweeps.off.includes('scheduling-sweep'),
          nextAt: sweeps.sweeps.find((one) => one.id === 'scheduling-sweep')?.nextAt ?? null,
        }
        : null,
      queues: queues && queues.why === undefined
        ? queues.queues.filter(({ attributes }) => attributes !== null).map((one) => one.fullName)
        : null,
      now: ground.now(),
    }
  })
}

const nobody = {
  account: null,
  schedules: [],
  items: [],
  runs: [],
  deadLetters: 0,
  emptyBuckets: null,
  isPluginLoaded: null,
  schedulingSweep: null,
  queues: null,
} satisfies Omit<AccountFacts, 'now'>
