/** Counts the accounts that are not well; names none of them. */
import type { Accounts } from '../checks/accounts.ts'
import type { Logins } from '../checks/database.ts'
import type { Ground } from '../ground.ts'
import { secretsWarningDays } from '#core/ledger/account-health.ts'
import { looking } from './database.ts'
import type { LoadedHost } from './plugins.ts'

export const readAccounts = (
  logins: Logins,
  { host }: LoadedHost,
  ground: Ground,
): Promise<Accounts> =>
  looking(logins, ground, async (sql) => {
    const [row] = await sql<AccountsRow[]>`
      with active as (
        select a.* from marketplace_accounts a
        join sellers s on s.id = a.seller_id
        join marketplaces m on m.id = a.marketplace_id
        where s.status = 'ACTIVE' and a.paused_at is null and not exists (select from switches w
          where w.key in ('account:' || a.id, 'marketplace:' || m.code) and not w.enabled)
      ), aged as (
        select extract(epoch from clock_timestamp() - a.credentials_given_at) / 86400 as days,
          (${JSON.stringify(secretsDaysOf(host))}::text::jsonb ->> m.code)::int as most
        from active a join marketplaces m on m.id = a.marketplace_id
      ), old_secrets as (
        select days from aged where days >= most - ${secretsWarningDays}::int
      )
      select (select count(*)::int from active) as active,
        (select count(*)::int from active where needs_reconnect) as reconnect,
        (select count(*)::int from marketplace_accounts where paused_at is not null) as paused,
        (select count(*)::int from active a where not a.needs_reconnect
          and a.created_at < clock_timestamp() - interval '2 days'
          and not exists (select from job_runs r
            where r.seller_id = a.seller_id and r.marketplace_account_id = a.id
              and r.state = 'SUCCEEDED' and r.finished_at > clock_timestamp() - interval '1 day')
        ) as silent,
        (select count(*)::int from active a where not exists (select from schedules d
          where d.seller_id = a.seller_id and d.marketplace_account_id = a.id and not d.paused)
        ) as unscheduled,
        (select count(*)::int from old_secrets) as old_secrets,
        (select coalesce(max(days), 0)::int from old_secrets) as oldest_secret_days,
        (select coalesce(json_agg(distinct jsonb_build_object('code', m.code, 'plugin', m.plugin_id)),
            '[]') from active a join marketplaces m on m.id = a.marketplace_id
          where not exists (select from plugins p where p.id = m.plugin_id and not p.enabled)
        ) as used,
        (select count(*)::int from super_admins where removed_at is null) as staff,
        (select count(*)::int from impersonation_sessions where state = 'LIVE') as inside,
        (select count(*)::int from impersonation_sessions where state = 'LIVE'
          and expires_at < clock_timestamp() - interval '10 minutes') as inside_over`
    if (row === undefined) throw new Error('The database does not say how the accounts stand')
    const loaded = host && new Set(host.plugins.map(({ plugin }) => plugin.id))
    return {
      ...{ active: row.active, needReconnect: row.reconnect, paused: row.paused },
      ...{ silent: row.silent, withoutSchedule: row.unscheduled, staff: row.staff },
      withoutPlugin: loaded
        ? row.used.filter(({ plugin }) => !loaded.has(plugin)).map(({ code }) => code)
        : [],
      ...{ impersonations: row.inside, impersonationsOver: row.inside_over },
      ...{ oldSecrets: row.old_secrets, oldestSecretDays: row.oldest_secret_days },
    }
  })

/** By code of the marketplace, where it says how old they may become. */
const secretsDaysOf = (host: LoadedHost['host']): Readonly<Record<string, number>> =>
  Object.fromEntries(
    (host?.marketplaces ?? []).flatMap(({ code, secretsDays }) =>
      secretsDays === undefined ? [] : [[code, secretsDays]]
    ),
  )

interface AccountsRow {
  readonly old_secrets: number
  readonly oldest_secret_days: number
  readonly active: number
  readonly reconnect: number
  readonly paused: number
  readonly silent: number
  readonly unscheduled: number
  readonly used: readonly { readonly code: string; readonly plugin: string }[]
  readonly staff: number
  readonly inside: number
  readonly inside_over: number
}
