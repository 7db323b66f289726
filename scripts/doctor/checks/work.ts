/** The work: whether what is asked for is done, and where it stays. */
import { type Check, check, fault, leftOut, listed, ok, warning } from '../check.ts'

export interface Work {
  /** The oldest message that is due and has not left, and how many there are. */
  readonly outbox: { readonly count: number; readonly oldestSeconds: number }
  /** Due for over ten minutes, and held back by nobody. */
  readonly late: { readonly count: number; readonly oldestSeconds: number }
  /** Leases that ran out while nobody took the work over. */
  readonly lost: number
  readonly stuck: number
  readonly deadLetters: number
  readonly strays: number
  /** Codes of marketplaces that do not answer, with the minutes since. */
  readonly breakers: readonly { readonly code: string; readonly minutes: number }[]
  readonly marketplacesOff: readonly string[]
  readonly schedulesLate: number
  readonly schedulesUnreadable: number
  /** Of the runs that ended within a day. */
  readonly runs: {
    readonly ended: number
    readonly failed: number
    readonly received: number
    readonly rejected: number
    readonly unknownWords: number
  }
  readonly open: { readonly count: number; readonly rateLimited: number }
  /** `claims 1.2.0 failed: …`, of processes that were seen within a minute. */
  readonly failedPlugins: readonly string[]
  readonly restartNeeded: readonly string[]
  readonly looseObjects: number
  /** What marketplaces answered, kept as it came. */
  readonly archive: {
    readonly isOn: boolean
    /** Scheduled runs that ended within a day and heard something. */
    readonly heard: number
    /** Those of them of whose hours nothing is kept. */
    readonly silent: number
    /** Parts of hours that are long over. */
    readonly unjoined: number
  }
}
export interface Plans {
  readonly overLimit: number
}

const minutes = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} minutes`
const share = (part: number, whole: number): number => whole === 0 ? 0 : part / whole
const percent = (part: number, whole: number): string =>
  `${Math.round(share(part, whole) * 1000) / 10} %`

export const workChecks: readonly Check[] = [
  check('work', 'work', [
    'outbox-not-sent',
    'What is asked for leaves the outbox',
    'No relay runs, or SQS refuses its messages: no sync begins, whoever asks for it.',
    'Start a process with `worker` in ROBNU_RUN; if one runs, see `relay` in its log.',
  ], ({ outbox: { count, oldestSeconds } }) => {
    const told = `${count} wait, the oldest for ${minutes(oldestSeconds)}`
    if (count === 0 || oldestSeconds < 30) return ok()
    return oldestSeconds > 120 ? fault(told) : warning(told)
  }),
  check('work', 'work', [
    'work-waits',
    'Work begins when it is due',
    'No worker runs, too few do, or their queues are not the ones that messages go to.',
    'Start workers; compare ROBNU_QUEUE_PREFIX and AWS_REGION of all processes.',
  ], ({ late: { count, oldestSeconds } }) => {
    if (count === 0) return ok()
    const told = `${count} items, the oldest for ${minutes(oldestSeconds)}`
    return oldestSeconds > 3_600 ? fault(told) : warning(told)
  }),
  check('work', 'work', [
    'work-lost',
    'No work was left behind by a worker',
    'A worker died with work in hand; the scheduling sweep gives it to another one.',
    'See that sweeps run; nothing else is to be done.',
  ], ({ lost }) => lost === 0 ? ok() : warning(`${lost} leases ran out over five minutes ago`)),
  check('work', 'work', [
    'work-gets-nowhere',
    'Work does not fail again and again',
    'It is put back each time, with a longer rest, and ends as failed after some hours.',
    'See GET /v1/marketplace-accounts/{id}/health, or `robnu doctor --account <id>`.',
  ], ({ stuck }) => stuck === 0 ? ok() : warning(`${stuck} items had ten tries without progress`)),
  check('work', 'work', [
    'dead-letters',
    'No work is dead',
    'It failed each time it was tried; nobody does it until a person says so.',
    'See GET /v1/dead-letters for why, then send it again or dismiss it.',
  ], ({ deadLetters }) => deadLetters === 0 ? ok() : warning(`${deadLetters} dead letters`)),
  check('work', 'work', [
    'stray-messages',
    'Every message is of ours',
    'Something else writes into the queues, or another installation shares their prefix.',
    'Give each installation a ROBNU_QUEUE_PREFIX of its own.',
  ], ({ strays }) => strays === 0 ? ok() : warning(`${strays} within a month`)),
  check('work', 'work', [
    'marketplace-down',
    'Every marketplace answers',
    'Its accounts wait; one of them probes twice a minute, and all go on when it answers.',
    'See the status page of the marketplace; if it is up, see whether this machine reaches it.',
  ], ({ breakers }) => {
    if (breakers.length === 0) return ok()
    const told = breakers.map(({ code, minutes }) => `${code} for ${Math.round(minutes)} minutes`)
    return breakers.some(({ minutes }) => minutes > 60)
      ? fault(listed(told))
      : warning(listed(told))
  }),
  check(
    'work',
    'work',
    [
      'marketplace-switched-off',
      'No marketplace is switched off',
      'All work of its accounts waits until it is switched on.',
      'Switch it on with PUT /v1/staff/switches.',
    ],
    ({ marketplacesOff }) => marketplacesOff.length === 0 ? ok() : warning(listed(marketplacesOff)),
  ),
  check('work', 'work', [
    'schedules-late',
    'Schedules become work at their times',
    'The scheduling sweep does not run: accounts sync when people ask, and never by themselves.',
    'Start a process with `sweeps` in ROBNU_RUN, and see that the sweep is not switched off.',
  ], ({ schedulesLate }) => schedulesLate === 0 ? ok() : fault(`${schedulesLate} are overdue`)),
  check('work', 'work', [
    'schedule-unreadable',
    'Every schedule can be read',
    'One that cannot be read is looked at once a day, and never becomes work.',
    'Change it with PATCH /v1/marketplace-accounts/{id}/schedules/{target}.',
  ], ({ schedulesUnreadable: count }) => count === 0 ? ok() : warning(`${count} cannot be read`)),
  check(
    'work',
    'work',
    [
      'runs-fail',
      'Runs succeed',
      'Many fail at once when a marketplace has changed, or something of ours is not there.',
      'See `failure` of GET /v1/runs for the reason that most of them share.',
    ],
    ({ runs: { ended, failed } }) =>
      ended >= 5 && share(failed, ended) > 0.2
        ? warning(`${failed} of ${ended} within a day (${percent(failed, ended)})`)
        : ok(),
  ),
  check(
    'work',
    'work',
    [
      'rows-quarantined',
      'Rows are understood',
      'The marketplace sends what its plugin does not know: those orders are not in the house.',
      'See `rejected_reasons` of GET /v1/runs, and install a newer version of the plugin.',
    ],
    ({ runs: { received, rejected } }) =>
      share(rejected, received) > 0.01
        ? warning(`${rejected} of ${received} within a day (${percent(rejected, received)})`)
        : ok(),
  ),
  check(
    'work',
    'work',
    [
      'words-unknown',
      'States are understood',
      'The marketplace uses words for states that its plugin does not know; orders keep the last one.',
      'See `unknown_words` of GET /v1/runs, and install a newer version of the plugin.',
    ],
    ({ runs: { unknownWords } }) =>
      unknownWords === 0 ? ok() : warning(`in ${unknownWords} runs within a day`),
  ),
  check(
    'work',
    'work',
    [
      'rate-limited',
      'Marketplaces let us ask often enough',
      'Much of the open work waits because a marketplace has said 429.',
      'Make schedules rarer, and see that nothing else uses the same credentials.',
    ],
    ({ open: { count, rateLimited } }) =>
      rateLimited >= 3 && share(rateLimited, count) > 0.2
        ? warning(`${rateLimited} of ${count} open items (${percent(rateLimited, count)})`)
        : ok(),
  ),
  check('work', 'work', [
    'plugin-failed',
    'Every plugin runs in every process',
    'Its process has ended or hangs: its accounts wait, while all others go on.',
    'See the cause; `robnu plugins enable <id>` starts it again.',
  ], ({ failedPlugins }) => failedPlugins.length === 0 ? ok() : fault(failedPlugins.join('; '))),
  check('work', 'work', [
    'restart-needed',
    'Processes run what is configured',
    'A change of a plugin needs a new process, and this one still runs the old version.',
    'Restart the named processes one by one; what they have in hand comes to its end.',
  ], ({ restartNeeded }) => restartNeeded.length === 0 ? ok() : warning(listed(restartNeeded))),
  check(
    'work',
    'storage',
    [
      'objects-left-behind',
      'Files that nobody kept are removed',
      'The storage sweep does not run: what was uploaded in vain stays and costs.',
      'See that sweeps run, and that `storage-sweep` is not switched off.',
    ],
    ({ looseObjects }) =>
      looseObjects === 0 ? ok() : warning(`${looseObjects} are older than three days`),
  ),
  check('plans', 'accounts', [
    'plan-exceeded',
    'Sellers are within their plans',
    'They were told; new orders come in all the same.',
    'Nothing is to be done, or offer them another plan.',
  ], ({ overLimit }) => overLimit === 0 ? ok() : warning(`${overLimit} sellers today`)),
  check('work', 'work', [
    'archive-silent',
    'What marketplaces answer is archived',
    'Syncs go on without their archive: what S3, KMS or the database did not take is lost.',
    'See `archive.not-stored` in the logs for the cause, and `archive.lost` for how many answers.',
  ], ({ archive: { isOn, heard, silent } }) => {
    if (!isOn) return leftOut('ROBNU_RAW_ARCHIVE is off')
    return silent === 0
      ? ok()
      : warning(`nothing is kept of ${silent} of ${heard} runs within a day`)
  }),
  check(
    'work',
    'work',
    [
      'archive-not-joined',
      'Archived hours are joined to one object each',
      'Thousands of small objects cost more to keep and to search than all that is in them.',
      'See `archive.not-joined` in the logs, and that `archive-sweep` runs.',
    ],
    ({ archive: { unjoined } }) =>
      unjoined === 0 ? ok() : warning(`${unjoined} parts are older than four hours`),
  ),
]
