/** The queues in SQS: whether they are there, and behave as the workers expect. */
import { type Check, check, fault, leftOut, listed, ok, warning } from '../check.ts'

interface Queue {
  readonly fullName: string
  readonly kind: 'fifo' | 'standard'
  readonly isDeadLetters: boolean
  readonly attributes: Readonly<Record<string, string>> | null
}
export interface Queues {
  /** AWS's word for why it does not answer; undefined: it does. */
  readonly why: string | undefined
  readonly queues: readonly Queue[]
  readonly leaseMs: number
}

/** The queues that are there and of which the test holds, each with what it says. */
const each =
  (test: (queue: Queue, told: (name: string) => string) => string | undefined) =>
  ({ queues }: Queues): readonly string[] =>
    queues.flatMap((queue) => {
      const { attributes, fullName } = queue
      if (attributes === null) return []
      const why = test(queue, (name) => attributes[name] ?? '')
      return why === undefined ? [] : [`${fullName}: ${why}`]
    })
const unlessSilent = (judge: (queues: Queues) => ReturnType<typeof ok>) => (facts: Queues) =>
  facts.why === undefined ? judge(facts) : leftOut('SQS does not answer')
const none = (found: readonly string[], as: typeof fault) =>
  found.length === 0 ? ok() : as(listed(found))

export const queueChecks: readonly Check[] = [
  check('queues', 'queues', [
    'sqs-unreachable',
    'SQS answers',
    'Work that is asked for stays in the outbox, and no worker starts.',
    'Check AWS_REGION, AWS_ENDPOINT_URL, the credentials of the machine, and the way to AWS.',
  ], ({ why }) => why === undefined ? ok() : fault(why)),
  check(
    'queues',
    'queues',
    [
      'queue-missing',
      'Every queue is there',
      'A worker makes them at its start, where it may; else it does not start.',
      'Start a worker, or make them beforehand, each with its dead-letter queue.',
    ],
    unlessSilent(({ queues }) => {
      const missing = queues.filter(({ attributes }) => attributes === null)
      return none(missing.map(({ fullName }) => fullName), warning)
    }),
  ),
  check(
    'queues',
    'queues',
    [
      'queue-of-other-kind',
      'Queues are ordered where they have to be',
      'Without groups, two syncs of one account run at once; SQS refuses what names a group.',
      'Delete the queue when it is empty, and let a worker make it.',
    ],
    unlessSilent((facts) =>
      none(
        each(({ kind }, told) =>
          (told('FifoQueue') === 'true') === (kind === 'fifo') ? undefined : `is not ${kind}`
        )(facts),
        fault,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'queue-without-redrive',
      'What fails five times is put aside',
      'A message that no worker can handle comes again for ever, and holds up its group.',
      'Give the queue a RedrivePolicy to its own dead-letter queue, with maxReceiveCount 5.',
    ],
    unlessSilent((facts) =>
      none(
        each(({ fullName, isDeadLetters }, told) => {
          if (isDeadLetters) return undefined
          const wanted = fullName.replace(/(\.fifo)?$/, '-dlq$1')
          return told('RedrivePolicy').includes(`:${wanted}"`)
            ? undefined
            : `leads not to ${wanted}`
        })(facts),
        fault,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'queue-gives-up-otherwise',
      'A message has five tries',
      'With few, a restart of the workers makes dead letters; with many, a poison holds up a group.',
      'Set maxReceiveCount of its RedrivePolicy to 5.',
    ],
    unlessSilent((facts) =>
      none(
        each(({ isDeadLetters }, told) => {
          const count = Number(/"maxReceiveCount":\s*"?(\d+)/.exec(told('RedrivePolicy'))?.[1] ?? 5)
          return isDeadLetters || count === 5 ? undefined : `after ${count} tries`
        })(facts),
        warning,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'queue-hides-shortly',
      'Messages stay hidden between two heartbeats',
      'A worker holds a message by heartbeats; one that shows up before is handled twice.',
      'Set VisibilityTimeout to 30 seconds or more.',
    ],
    unlessSilent((facts) =>
      none(
        each(({ isDeadLetters }, told) => {
          const seconds = Number(told('VisibilityTimeout') || 30)
          return isDeadLetters || seconds >= 10 ? undefined : `for ${seconds} s`
        })(facts),
        warning,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'dead-letters-forgotten',
      'Dead letters are kept for two weeks',
      'What failed is gone before anybody has looked at it.',
      'Set MessageRetentionPeriod of the dead-letter queue to 1209600.',
    ],
    unlessSilent((facts) =>
      none(
        each(({ isDeadLetters }, told) => {
          const days = Number(told('MessageRetentionPeriod') || 1_209_600) / 86_400
          return !isDeadLetters || days >= 13 ? undefined : `for ${Math.round(days * 10) / 10} days`
        })(facts),
        warning,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'queue-deduplicates-by-content',
      'No message is taken for another',
      'Two jobs of one body are one to a queue that deduplicates by content: the second is lost.',
      'Set ContentBasedDeduplication to false; every message brings its own id.',
    ],
    unlessSilent((facts) =>
      none(
        each((_queue, told) => told('ContentBasedDeduplication') === 'true' ? 'does' : undefined)(
          facts,
        ),
        fault,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'queue-not-encrypted',
      'Messages are encrypted at rest',
      'They hold ids only, and yet a list of what a seller does.',
      'Set SqsManagedSseEnabled, or a KMS key, on the queue.',
    ],
    unlessSilent((facts) =>
      none(
        each((_queue, told) =>
          told('SqsManagedSseEnabled') === 'false' && told('KmsMasterKeyId') === ''
            ? 'is not'
            : undefined
        )(facts),
        warning,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'queue-full',
      'Workers keep up',
      'More comes in than is worked off: syncs come later and later.',
      'Run more processes with ROBNU_RUN=worker, or see in area work what holds them up.',
    ],
    unlessSilent((facts) =>
      none(
        each(({ isDeadLetters }, told) => {
          const ready = Number(told('ApproximateNumberOfMessages'))
          return isDeadLetters || ready < 10_000 ? undefined : `${ready} wait`
        })(facts),
        warning,
      )
    ),
  ),
  check(
    'queues',
    'queues',
    [
      'dead-letters-not-collected',
      'Somebody collects dead letters',
      'A worker writes them down within seconds; what lies there says that no worker runs.',
      'Start a process with ROBNU_RUN=worker, and see GET /v1/dead-letters then.',
    ],
    unlessSilent((facts) =>
      none(
        each(({ isDeadLetters }, told) => {
          const ready = Number(told('ApproximateNumberOfMessages'))
          return !isDeadLetters || ready === 0 ? undefined : `${ready} lie there`
        })(facts),
        warning,
      )
    ),
  ),
]
