/** What runs by the clock: whether anybody runs it. */
import { type Check, check, fault, leftOut, listed, ok, warning } from '../check.ts'

interface Sweep {
  readonly id: string
  readonly cron: string | null
  readonly nextAt: Date | null
  readonly lastEndedAt: Date | null
  readonly lastFailure: string | null
}
export interface Sweeps {
  /** `Redis`, or `PostgreSQL`. */
  readonly store: string
  /** Why it does not answer; undefined: it does. */
  readonly why: string | undefined
  readonly sweeps: readonly Sweep[]
  readonly now: Date
  /** Of a Redis: what it does when its memory is full; null: it does not say, or it is none. */
  readonly eviction: string | null
  /** Ids that are switched off, by hand or by the environment. */
  readonly off: readonly string[]
}

const overdueMs = 5 * 60_000
const isLate = ({ nextAt }: Sweep, now: Date): boolean =>
  nextAt === null || nextAt.getTime() < now.getTime() - overdueMs
const silent = leftOut('the store of the sweeps does not answer')

export const sweepChecks: readonly Check[] = [
  check('sweeps', 'sweeps', [
    'sweeps-store-unreachable',
    'The store of the sweeps answers',
    'Nothing that runs by the clock is started: schedules, digests, what is to be forgotten.',
    'Start Redis or correct REDIS_URL; without Redis, run `robnu migrate`, which makes the schema.',
  ], ({ why, store }) => why === undefined ? ok(store) : fault(`${store}: ${why}`)),
  check('sweeps', 'sweeps', [
    'redis-forgets',
    'Redis keeps what it holds',
    'A Redis that is full throws away schedules, and the sweeps stop without a word.',
    'Set maxmemory-policy to noeviction.',
  ], ({ why, eviction, store }) => {
    if (why !== undefined) return silent
    if (store !== 'Redis') return leftOut('the sweeps are kept in PostgreSQL')
    return eviction === null || eviction === 'noeviction' ? ok() : warning(`it is ${eviction}`)
  }),
  check('sweeps', 'sweeps', [
    'sweeps-never-started',
    'Somebody has started the sweeps',
    'No schedule becomes work: accounts sync when people ask, and never by themselves.',
    'Start a process with `sweeps` in ROBNU_RUN.',
  ], ({ why, sweeps }) => {
    if (why !== undefined) return silent
    const never = sweeps.filter(({ cron }) => cron === null).map(({ id }) => id)
    if (never.length === 0) return ok()
    return never.length === sweeps.length ? fault('none is scheduled') : warning(listed(never))
  }),
  check('sweeps', 'sweeps', [
    'sweeps-late',
    'The sweeps run at their times',
    'No process runs them any more, or the one that does hangs.',
    'Start a process with `sweeps` in ROBNU_RUN; if one runs, see its log and restart it.',
  ], ({ why, sweeps, now }) => {
    if (why !== undefined) return silent
    const started = sweeps.filter(({ cron }) => cron !== null)
    if (started.length === 0) return leftOut('none was ever started')
    const late = started.filter((sweep) => isLate(sweep, now)).map(({ id }) => id)
    return late.length === 0 ? ok() : fault(listed(late))
  }),
  check('sweeps', 'sweeps', [
    'sweep-failed',
    'No sweep failed at its last run',
    'What it does is left undone until it succeeds; it is tried again at its next time.',
    'See `sweep.failed` in the log of the process that runs the sweeps.',
  ], ({ why, sweeps }) => {
    if (why !== undefined) return silent
    const failed = sweeps.filter(({ lastFailure }) => lastFailure !== null)
    return failed.length === 0
      ? ok()
      : warning(failed.map(({ id, lastFailure }) => `${id}: ${lastFailure}`).join('; '))
  }),
  check('sweeps', 'sweeps', [
    'sweep-switched-off',
    'No sweep is switched off',
    'A switch that was forgotten stops what the sweep does, for everybody.',
    'Switch it on with PUT /v1/staff/switches, or take WORKER_ENABLE_… out of the environment.',
  ], ({ off }) => off.length === 0 ? ok() : warning(listed(off))),
]
