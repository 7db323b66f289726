/** Reads how the work stands, for all sellers at once: counts and ages, no row of anybody. */
import { isCron } from '#core/rules/cron.ts'
import { nothingToSee } from '../check.ts'
import type { Logins } from '../checks/database.ts'
import type { Schema } from '../checks/schema.ts'
import type { Plans, Work } from '../checks/work.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'
import { looking } from './database.ts'

/** Questions to tables that are not there yet would only fail. */
export const assertMigrated = ({ hasTables, standing }: Schema): void => {
  if (!hasTables || (standing?.pending.length ?? 0) > 0) {
    throw nothingToSee('the database is not migrated to this release')
  }
}

export const readWork = (logins: Logins, ground: Ground): Promise<Work> =>
  looking(logins, ground, async (sql) => {
    const [row] = await sql<WorkRow[]>`
      with held as (
        select a.seller_id, a.id from marketplace_accounts a
        join marketplaces m on m.id = a.marketplace_id
        join sellers s on s.id = a.seller_id
        where s.status <> 'ACTIVE' or a.paused_at is not null
          or exists (select from switches w
            where w.key in ('account:' || a.id, 'marketplace:' || m.code) and not w.enabled)
          or exists (select from plugins p where p.id = m.plugin_id and not p.enabled)
          or exists (select from breakers b where b.marketplace_code = m.code
            and b.opened_at is not null)
      ), free as (
        select w.* from work_items w
        where w.state in ('WAITING', 'RUNNING') and not exists (select from held h
          where h.seller_id = w.seller_id and h.id = w.marketplace_account_id)
      ), late as (
        select w.not_before from free w
        where w.state = 'WAITING' and w.not_before < clock_timestamp() - interval '10 minutes'
      ), due as (
        select o.not_before from outbox o where o.sent_at is null and o.not_before < clock_timestamp()
      ), ended as (
        select r.* from job_runs r where r.finished_at > clock_timestamp() - interval '1 day'
      ), heard as (
        select r.seller_id, m.code, date_trunc('hour', r.started_at, 'UTC') as began, r.finished_at
        from ended r
        join marketplace_accounts a on a.seller_id = r.seller_id and a.id = r.marketplace_account_id
        join marketplaces m on m.id = a.marketplace_id
        -- files that people import are answers of nobody
        where r.pages > 0 and r.reason in ('schedule', 'backfill')
          and r.target in ('ORDERS', 'RETURNS', 'PAYOUTS')
      )
      select
        (select count(*)::int from due) as outbox,
        coalesce((select extract(epoch from clock_timestamp() - min(not_before)) from due), 0)::float8
          as outbox_s,
        (select count(*)::int from late) as late,
        coalesce((select extract(epoch from clock_timestamp() - min(not_before)) from late), 0)::float8
          as late_s,
        (select count(*)::int from free where state = 'RUNNING'
          and lease_until < clock_timestamp() - interval '5 minutes') as lost,
        (select count(*)::int from free where attempts >= 10) as stuck,
        (select count(*)::int from dead_letters where state = 'DEAD') as dead,
        (select count(*)::int from stray_messages) as strays,
        (select coalesce(json_agg(json_build_object('code', marketplace_code,
            'minutes', extract(epoch from clock_timestamp() - opened_at) / 60)), '[]')
          from breakers where opened_at is not null) as breakers,
        (select coalesce(array_agg(substr(key, 13)), '{}') from switches
          where key like 'marketplace:%' and not enabled) as off,
        (select count(*)::int from schedules d
          where not d.paused and d.next_run_at < clock_timestamp() - interval '15 minutes'
            and not exists (select from held h
              where h.seller_id = d.seller_id and h.id = d.marketplace_account_id)) as schedules_late,
        (select count(*)::int from ended) as ended,
        (select count(*)::int from ended where state = 'FAILED') as failed,
        (select coalesce(sum(received), 0)::int from ended) as received,
        (select coalesce(sum(rejected), 0)::int from ended) as rejected,
        (select count(*)::int from ended where unknown_words <> '{}') as words,
        (select count(*)::int from work_items where state in ('WAITING', 'RUNNING')) as open,
        (select count(*)::int from work_items where state in ('WAITING', 'RUNNING')
          and last_error like 'rate-limit:%') as limited,
        (select count(*)::int from storage_objects where kept_at is null
          and created_at < clock_timestamp() - interval '3 days') as loose,
        (select count(*)::int from heard) as heard,
        (select count(*)::int from heard h where not exists (select from raw_payloads p
          where p.seller_id = h.seller_id and p.marketplace_code = h.code
            and p.hour between h.began and h.finished_at)) as silent,
        (select count(*)::int from raw_payloads
          where number is null and hour < clock_timestamp() - interval '4 hours') as unjoined`
    if (row === undefined) throw new Error('The database does not say how the work stands')
    const crons = await sql<
      { cron: string }[]
    >`select distinct cron from schedules where not paused`
    const states = await sql<PluginRow[]>`
      select plugin_id as plugin, coalesce(version, '') as version, parts, state, cause
      from plugin_states where seen_at > clock_timestamp() - interval '1 minute'
        and state in ('failed', 'restart-needed')`
    const statesOf = (wanted: string) => states.filter(({ state }) => state === wanted)
    return {
      outbox: { count: row.outbox, oldestSeconds: row.outbox_s },
      late: { count: row.late, oldestSeconds: row.late_s },
      ...{ lost: row.lost, stuck: row.stuck, deadLetters: row.dead, strays: row.strays },
      ...{ breakers: row.breakers, marketplacesOff: row.off, schedulesLate: row.schedules_late },
      schedulesUnreadable: crons.filter(({ cron }) => !isCron(cron)).length,
      runs: {
        ...{ ended: row.ended, failed: row.failed, received: row.received },
        ...{ rejected: row.rejected, unknownWords: row.words },
      },
      open: { count: row.open, rateLimited: row.limited },
      failedPlugins: statesOf('failed').map(({ plugin, version, cause }) =>
        `${plugin} ${version}: ${cause ?? 'no cause told'}`
      ),
      restartNeeded: statesOf('restart-needed').map(({ plugin, parts }) => `${plugin} in ${parts}`),
      looseObjects: row.loose,
      archive: {
        isOn: settingsOf(ground.env).config.ROBNU_RAW_ARCHIVE,
        ...{ heard: row.heard, silent: row.silent, unjoined: row.unjoined },
      },
    }
  })

export const readPlans = (logins: Logins, ground: Ground): Promise<Plans> =>
  looking(logins, ground, async (sql, as) => {
    if (as !== 'owner') {
      throw nothingToSee('DATABASE_OWNER_URL is not set: nobody else may read what all sellers use')
    }
    const [row] = await sql<{ over: number }[]>`
      select count(*)::int as over from plan_usage
      where limit_reached_at is not null
        and day = (clock_timestamp() at time zone 'Asia/Kolkata')::date`
    return { overLimit: row?.over ?? 0 }
  })

interface WorkRow {
  readonly outbox: number
  readonly outbox_s: number
  readonly late: number
  readonly late_s: number
  readonly lost: number
  readonly stuck: number
  readonly dead: number
  readonly strays: number
  readonly breakers: Work['breakers']
  readonly off: readonly string[]
  readonly schedules_late: number
  readonly ended: number
  readonly failed: number
  readonly received: number
  readonly rejected: number
  readonly words: number
  readonly open: number
  readonly limited: number
  readonly loose: number
  readonly heard: number
  readonly silent: number
  readonly unjoined: number
}
interface PluginRow {
  readonly plugin: string
  readonly version: string
  readonly parts: string
  readonly state: string
  readonly cause: string | null
}
