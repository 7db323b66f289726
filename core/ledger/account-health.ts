/** How an account stands, in one word, with the reason and what to do about it. */
import { z } from 'zod'
import type { Database, Entry, SellerScope } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { runTargets, type WorkTarget, workTarget } from '../queues/targets.ts'
import { type AccountLimit, within } from '../rbac/decide.ts'
import type { Registry } from './registry.ts'

export const healthStates = ['connected', 'degraded', 'needs_reconnect', 'paused'] as const
interface TargetHealth {
  readonly target: WorkTarget
  readonly last_good_at: Date | null
  readonly last_run_state: string | null
  readonly last_failure: string | null
  /** By its schedule; null where it has none, or a paused one. */
  readonly next_run_at: Date | null
  /** Work that waits or runs, and work that is dead. */
  readonly waiting: number
  readonly dead: number
  /** Of the work that is open: tries in a row without progress. */
  readonly attempts: number
  readonly last_error: string | null
}
export interface AccountHealth {
  readonly state: (typeof healthStates)[number]
  readonly reason: string | null
  readonly fix: string | null
  readonly last_good_sync: Date | null
  readonly next_run: Date | null
  /** Of the marketplace: nobody asks it but one probe every half minute. */
  readonly breaker: { readonly opened_at: Date; readonly next_probe_at: Date } | null
  /** Since when they are what they are, and by when the marketplace wants others; null: it does not say. */
  readonly credentials: { readonly given_at: Date; readonly renew_by: Date | null }
  readonly targets: readonly TargetHealth[]
}

/** Null: no such account, or none for the caller to see. */
export const readAccountHealth = (
  { db, registry, now }: {
    readonly db: Pick<Database, 'withSellerScope'>
    readonly registry: Pick<Registry, 'find'>
    readonly now: () => number
  },
  entry: Entry,
  { id, accounts }: { readonly id: string; readonly accounts: AccountLimit | null },
): Promise<AccountHealth | null> =>
  db.withSellerScope(entry, async (scope) => {
    if (!within(accounts, id)) return null
    const account = await scope.maybeOne(sql.type(accountRow)`
      select a.needs_reconnect, a.reconnect_reason, a.paused_at, a.pause_reason, m.code,
        a.credentials_given_at
      from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
      where a.seller_id = ${scope.sellerId} and a.id = ${id}`)
    if (!account) return null
    const work = await scope.any(sql.type(workRow)`
      select target, waiting, dead, attempts, last_error, held_by, breaker_opened_at, probe_at
      from account_work(${id})`)
    const targets = await readTargets(scope, id, work)
    const whole = work.find(({ target }) => target === null)
    const opened = whole?.breaker_opened_at
    const breaker = opened && whole.probe_at
      ? { opened_at: opened, next_probe_at: whole.probe_at }
      : null
    const credentials = {
      given_at: account.credentials_given_at,
      renew_by: renewalOf(account.credentials_given_at, registry.find(account.code)?.secretsDays),
    }
    const told = tell({
      ...{ ...account, heldBy: whole?.held_by ?? null, breaker, targets },
      renewal: secretsAge(credentials.given_at, credentials.renew_by, now()),
    })
    return {
      ...told,
      last_good_sync: latest(targets.map((target) => target.last_good_at)),
      next_run: earliest(targets.map((target) => target.next_run_at)),
      breaker,
      credentials,
      targets,
    }
  })

/** So long before the day on which the marketplace wants other secrets, people are told. */
export const secretsWarningDays = 30
const dayMs = 86_400_000

const renewalOf = (givenAt: Date, days: number | undefined): Date | null =>
  days === undefined ? null : new Date(givenAt.getTime() + days * dayMs)

/** In words, once it is time. */
const secretsAge = (givenAt: Date, renewBy: Date | null, now: number): string | null => {
  if (renewBy === null || now < renewBy.getTime() - secretsWarningDays * dayMs) return null
  const days = Math.floor((now - givenAt.getTime()) / dayMs)
  const day = renewBy.toISOString().slice(0, 10)
  return `The secrets are ${days} days old; the marketplace wants others by ${day}`
}

const newSecrets = 'Make new credentials in the portal of the marketplace and send them with ' +
  'PUT /v1/marketplace-accounts/{id}/credentials'

/** A few failures in a row are no news yet: marketplaces have bad minutes. */
const manyAttempts = 3

type Told = Pick<AccountHealth, 'state' | 'reason' | 'fix'>
/** The first that holds: what a seller can do something about comes first. */
const tell = (
  account: z.infer<typeof accountRow> & {
    readonly heldBy: string | null
    readonly breaker: AccountHealth['breaker']
    readonly targets: readonly TargetHealth[]
    readonly renewal: string | null
  },
): Told => {
  if (account.paused_at) {
    const reason = `The account is paused: ${account.pause_reason}`
    return { state: 'paused', reason, fix: 'Resume the account when its work is to go on' }
  }
  if (account.heldBy) {
    const what = account.heldBy.startsWith('account:') ? 'account' : 'marketplace'
    const reason = `Support has switched this ${what} off`
    return { state: 'paused', reason, fix: 'Nothing is to be done; write to support to learn why' }
  }
  if (account.needs_reconnect) {
    return {
      state: 'needs_reconnect',
      reason: account.reconnect_reason ?? 'The marketplace refuses the credentials',
      fix: newSecrets,
    }
  }
  if (account.breaker) {
    const reason = 'The marketplace does not answer'
    return { state: 'degraded', reason, fix: 'Nothing is to be done; it is tried twice a minute' }
  }
  const dead = account.targets.find((target) => target.dead > 0)
  if (dead) {
    return {
      state: 'degraded',
      reason: `Work for ${dead.target} failed each time it was tried`,
      fix: 'See GET /v1/dead-letters, and send it again',
    }
  }
  const late = account.targets.find(({ attempts }) => attempts >= manyAttempts)
  if (late) {
    const reason = `Work for ${late.target} does not get on: ${late.last_error ?? 'no reason yet'}`
    return { state: 'degraded', reason, fix: 'Nothing is to be done yet; it is tried again' }
  }
  const failed = account.targets.find(({ last_run_state }) => last_run_state === 'FAILED')
  if (failed) {
    return {
      state: 'degraded',
      reason: `The last run for ${failed.target} failed: ${
        failed.last_failure ?? 'no reason told'
      }`,
      fix: 'Run it once more with POST /v1/marketplace-accounts/{id}/sync',
    }
  }
  if (account.renewal) return { state: 'connected', reason: account.renewal, fix: newSecrets }
  return { state: 'connected', reason: null, fix: null }
}

const readTargets = async (
  scope: SellerScope,
  accountId: string,
  work: readonly z.infer<typeof workRow>[],
): Promise<readonly TargetHealth[]> => {
  const runs = await scope.any(sql.type(targetRow)`
    select t.target, good.finished_at as last_good_at, last.state as last_run_state,
      last.failure_message as last_failure,
      case when not s.paused then s.next_run_at end as next_run_at
    from unnest(${sql.array([...runTargets], 'text')}) as t (target)
    left join lateral (
      select r.finished_at from job_runs r
      where r.seller_id = ${scope.sellerId} and r.marketplace_account_id = ${accountId}
        and r.target = t.target and r.state = 'SUCCEEDED'
      order by r.id desc limit 1) good on true
    left join lateral (
      select r.state, r.failure_message from job_runs r
      where r.seller_id = ${scope.sellerId} and r.marketplace_account_id = ${accountId}
        and r.target = t.target and r.finished_at is not null
      order by r.id desc limit 1) last on true
    left join schedules s on s.seller_id = ${scope.sellerId}
      and s.marketplace_account_id = ${accountId} and s.target = t.target
    order by t.target`)
  const jobs = work.some(({ target }) => target === 'JOB')
    ? [{ ...noRuns, target: 'JOB' as const }]
    : []
  return [...runs, ...jobs].flatMap((run) => {
    const open = work.find(({ target }) => target === run.target)
    if (!open && !run.last_run_state && !run.next_run_at) return []
    const { waiting = 0, dead = 0, attempts = 0, last_error = null } = open ?? {}
    return [{ ...run, waiting, dead, attempts, last_error }]
  })
}

const latest = (times: readonly (Date | null)[]): Date | null =>
  times.reduce((best, time) => time && (!best || time > best) ? time : best, null)
const earliest = (times: readonly (Date | null)[]): Date | null =>
  times.reduce((best, time) => time && (!best || time < best) ? time : best, null)

const accountRow = z.object({
  needs_reconnect: z.boolean(),
  reconnect_reason: z.string().nullable(),
  paused_at: z.date().nullable(),
  pause_reason: z.string().nullable(),
  code: z.string(),
  credentials_given_at: z.date(),
})
const workRow = z.object({
  target: workTarget.nullable(),
  waiting: z.number(),
  dead: z.number(),
  attempts: z.number(),
  last_error: z.string().nullable(),
  held_by: z.string().nullable(),
  breaker_opened_at: z.date().nullable(),
  probe_at: z.date().nullable(),
})
const noRuns = { last_good_at: null, last_run_state: null, last_failure: null, next_run_at: null }
const targetRow = z.object({
  target: workTarget,
  last_good_at: z.date().nullable(),
  last_run_state: z.string().nullable(),
  last_failure: z.string().nullable(),
  next_run_at: z.date().nullable(),
})
