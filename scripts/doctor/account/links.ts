/** The way of a sync, link by link: the first that is broken says why nothing comes. */
import { isCron } from '#core/rules/cron.ts'
import { fault, leftOut, ok, type Outcome, warning } from '../check.ts'

export interface AccountFacts {
  readonly now: Date
  /** Null: there is no such account. */
  readonly account: {
    readonly code: string
    readonly pluginId: string
    readonly sellerStatus: string
    readonly pausedAt: Date | null
    readonly pauseReason: string | null
    readonly needsReconnect: boolean
    readonly reconnectReason: string | null
    readonly lastValidatedAt: Date | null
    readonly createdAt: Date
    /** The switch that is off; null: none is. */
    readonly switchedOff: string | null
    readonly pluginOff: boolean
    readonly breakerOpenedAt: Date | null
    readonly breakerProbeAt: Date | null
  } | null
  /** Null: the plugins do not load at all. */
  readonly isPluginLoaded: boolean | null
  /** Null: the store of the sweeps could not be looked at. */
  readonly schedulingSweep: { readonly isOff: boolean; readonly nextAt: Date | null } | null
  readonly schedules: readonly {
    readonly target: string
    readonly cron: string
    readonly paused: boolean
    readonly nextRunAt: Date
  }[]
  readonly items: readonly {
    readonly target: string
    readonly state: string
    readonly queue: string
    readonly notBefore: Date
    readonly attempts: number
    readonly leaseUntil: Date | null
    readonly lastError: string | null
    /** Since when its message is due in the outbox; null: it has left. */
    readonly unsentSince: Date | null
  }[]
  /** Full names of those that SQS has; null: it could not be asked. */
  readonly queues: readonly string[] | null
  readonly deadLetters: number
  /** Operations whose bucket is overdrawn; null: only the owner may look. */
  readonly emptyBuckets: readonly string[] | null
  /** The last one of each target that has ended. */
  readonly runs: readonly {
    readonly target: string
    readonly state: string
    readonly failureKind: string | null
    readonly failureMessage: string | null
    readonly finishedAt: Date
    readonly received: number
    readonly rejected: number
    readonly rejectedReasons: Readonly<Record<string, number>>
  }[]
}
export interface Link {
  readonly link: string
  readonly title: string
  readonly fix: string
}
type Known = AccountFacts & { readonly account: NonNullable<AccountFacts['account']> }
interface Judged extends Link {
  readonly judge: (facts: Known) => Outcome
}

const overdueMs = 15 * 60_000
const before = (when: Date | null, now: Date, ms: number): boolean =>
  when !== null && when.getTime() < now.getTime() - ms
const ago = (when: Date, now: Date): string =>
  `${Math.round((now.getTime() - when.getTime()) / 60_000)} minutes ago`

/** In the order in which a sync passes them. */
const links: readonly Judged[] = [
  {
    link: 'plugin',
    title: 'The plugin of the marketplace is enabled',
    fix: 'Enable it in robnu.config.json, or with `robnu plugins enable`.',
    judge: ({ isPluginLoaded, account }) => {
      if (account.pluginOff) return fault(`"${account.pluginId}" is disabled`)
      if (isPluginLoaded === null) return fault('the plugins do not load: see area plugins')
      return isPluginLoaded ? ok(account.pluginId) : fault(`"${account.pluginId}" is not enabled`)
    },
  },
  {
    link: 'seller',
    title: 'The seller is active',
    fix: 'Lift the suspension: `robnu seller resume <id>`.',
    judge: ({ account }) =>
      account.sellerStatus === 'ACTIVE' ? ok() : fault(`it is ${account.sellerStatus}`),
  },
  {
    link: 'sweep',
    title: 'The scheduling sweep runs',
    fix: 'Start a process with `sweeps` in ROBNU_RUN, and switch `scheduling-sweep` on.',
    judge: ({ schedulingSweep, now }) => {
      if (schedulingSweep === null) return leftOut('its store could not be looked at')
      if (schedulingSweep.isOff) return fault('it is switched off')
      if (schedulingSweep.nextAt === null) return fault('nobody has ever started it')
      return before(schedulingSweep.nextAt, now, overdueMs)
        ? fault(`it should have run ${ago(schedulingSweep.nextAt, now)}`)
        : ok()
    },
  },
  {
    link: 'switch',
    title: 'Account and marketplace are switched on',
    fix: 'Switch it on with PUT /v1/staff/switches.',
    judge: ({ account }) =>
      account.switchedOff === null ? ok() : fault(`"${account.switchedOff}" is off`),
  },
  {
    link: 'pause',
    title: 'The account is not paused',
    fix: 'Resume it: PATCH /v1/marketplace-accounts/{id} {"paused":false}.',
    judge: ({ account, now }) =>
      account.pausedAt === null
        ? ok()
        : fault(`since ${ago(account.pausedAt, now)}: ${account.pauseReason ?? 'no reason told'}`),
  },
  {
    link: 'schedule',
    title: 'A schedule asks for it',
    fix: 'Set or resume one: PATCH /v1/marketplace-accounts/{id}/schedules/{target}.',
    judge: ({ schedules, now }) => {
      if (schedules.length === 0) return fault('it has none')
      const live = schedules.filter(({ paused }) => !paused)
      if (live.length === 0) return fault('all of them are paused')
      const unreadable = live.find(({ cron }) => !isCron(cron))
      if (unreadable) return fault(`that of ${unreadable.target} cannot be read`)
      const late = live.find(({ nextRunAt }) => before(nextRunAt, now, overdueMs))
      return late
        ? fault(`that of ${late.target} was due ${ago(late.nextRunAt, now)}, and nobody took it up`)
        : ok(live.map(({ target }) => target).join(', '))
    },
  },
  {
    link: 'outbox',
    title: 'Its messages have left the outbox',
    fix: 'Start a process with `worker` in ROBNU_RUN, and see area queues.',
    judge: ({ items, now }) => {
      const stuck = items.find(({ unsentSince }) => before(unsentSince, now, 60_000))
      return stuck?.unsentSince
        ? fault(`that of ${stuck.target} is due since ${ago(stuck.unsentSince, now)}`)
        : ok()
    },
  },
  {
    link: 'queue',
    title: 'Its queue is there',
    fix: 'Start a worker, which makes it; compare ROBNU_QUEUE_PREFIX of all processes.',
    judge: ({ items, queues }) => {
      if (queues === null) return leftOut('SQS could not be asked')
      const missing = items.find(({ queue, state }) =>
        state !== 'DEAD' &&
        !queues.some((name) => name.endsWith(queue) || name.endsWith(`${queue}.fifo`))
      )
      return missing ? fault(`"${missing.queue}" is not`) : ok()
    },
  },
  {
    link: 'work',
    title: 'A worker has taken it up',
    fix: 'Start more workers; see area work for what holds all of them up.',
    judge: ({ items, now }) => {
      const lost = items.find(({ state, leaseUntil }) =>
        state === 'RUNNING' && before(leaseUntil, now, 5 * 60_000)
      )
      if (lost?.leaseUntil) {
        return fault(`the lease on ${lost.target} ran out ${ago(lost.leaseUntil, now)}`)
      }
      const late = items.find(({ state, notBefore }) =>
        state === 'WAITING' && before(notBefore, now, 10 * 60_000)
      )
      return late ? fault(`${late.target} waits since ${ago(late.notBefore, now)}`) : ok()
    },
  },
  {
    link: 'credentials',
    title: 'The marketplace takes its credentials',
    fix: 'Have the seller connect again: PUT /v1/marketplace-accounts/{id}/credentials.',
    judge: ({ account }) =>
      account.needsReconnect
        ? fault(account.reconnectReason ?? 'it refuses them, and gives no reason')
        : ok(),
  },
  {
    link: 'breaker',
    title: 'The marketplace answers',
    fix: 'Nothing is to be done; it is tried twice a minute. See its status page.',
    judge: ({ account, now }) =>
      account.breakerOpenedAt === null
        ? ok()
        : fault(`${account.code} does not, since ${ago(account.breakerOpenedAt, now)}`),
  },
  {
    link: 'bucket',
    title: 'The marketplace lets us ask',
    fix: 'Wait; see that nothing else uses the same credentials, and make schedules rarer.',
    judge: ({ emptyBuckets, items }) => {
      const limited = items.find(({ lastError }) => lastError?.startsWith('rate-limit:'))
      if (limited) return warning(`${limited.target}: ${limited.lastError}`)
      if (emptyBuckets === null) return leftOut('DATABASE_OWNER_URL is not set')
      return emptyBuckets.length === 0 ? ok() : warning(`used up: ${emptyBuckets.join(', ')}`)
    },
  },
  {
    link: 'tries',
    title: 'Its work does not fail',
    fix: 'See the reason. Dead letters: GET /v1/dead-letters, then send them again.',
    judge: ({ items, deadLetters }) => {
      if (deadLetters > 0) return fault(`${deadLetters} dead letters`)
      const stuck = items.find(({ attempts, state }) => state !== 'DEAD' && attempts >= 3)
      return stuck
        ? warning(`${stuck.target}, ${stuck.attempts} tries: ${stuck.lastError ?? 'no reason yet'}`)
        : ok()
    },
  },
  {
    link: 'run',
    title: 'Its last runs succeeded',
    fix: 'See `failure` of GET /v1/runs/{id}; then POST /v1/marketplace-accounts/{id}/sync.',
    judge: ({ runs, account, now }) => {
      const failed = runs.find(({ state }) => state === 'FAILED')
      if (failed) {
        return fault(
          `${failed.target} failed ${
            ago(failed.finishedAt, now)
          }: ${failed.failureKind}: ${failed.failureMessage}`,
        )
      }
      if (runs.length > 0) return ok(runs.map(({ target }) => target).join(', '))
      return before(account.createdAt, now, 3_600_000)
        ? warning('none has ended since it was connected')
        : ok('none yet')
    },
  },
  {
    link: 'quarantine',
    title: 'What it brought was understood',
    fix: 'See `rejected_reasons` of GET /v1/runs/{id}; install a newer version of the plugin.',
    judge: ({ runs }) => {
      const bad = runs.find(({ rejected }) => rejected > 0)
      if (!bad) return ok()
      const reasons = Object.entries(bad.rejectedReasons).map(([why, count]) => `${why} ${count}`)
      return warning(
        `${bad.target}: ${bad.rejected} of ${bad.received} rows: ${reasons.join(', ')}`,
      )
    },
  },
]
/** For the documentation, and for whoever counts them. */
export const linkTexts: readonly Link[] = links.map(({ link, title, fix }) => ({
  link,
  title,
  fix,
}))

export interface Walk {
  readonly links: readonly (Link & Outcome)[]
  /** The first that is broken, else the first that is doubtful; null: nothing holds it up. */
  readonly broken: (Link & Outcome) | null
}

export const walk = (facts: AccountFacts): Walk => {
  const { account } = facts
  if (account === null) {
    const fix = 'Take the id from GET /v1/marketplace-accounts of the seller.'
    const none = { link: 'account', title: 'There is such an account', fix }
    const broken = { ...none, ...fault('there is none in this database') }
    return { links: [broken], broken }
  }
  const walked = links.map(({ judge, ...link }) => ({ ...link, ...judge({ ...facts, account }) }))
  const first = (state: Outcome['state']) => walked.find((one) => one.state === state)
  return { links: walked, broken: first('fault') ?? first('warning') ?? null }
}
