/** The dead-letter queues: what nobody could handle is written down, and leaves them. */
import type { Database } from '../db/database.ts'
import { recordAudit } from '../audit/record.ts'
import { command, sql } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import type { Log } from '../log.ts'
import { z } from 'zod'
import { watchOutage } from './outage.ts'
import { pause } from './pause.ts'
import { readBody } from './read-body.ts'
import type { ReceivedMessage, Sqs } from './sqs.ts'
import { workBody } from './work.ts'

export interface DeadLetterOptions {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly sqs: Pick<Sqs, 'receive' | 'deleteBatch'>
  /** Short names, without `-dlq`. */
  readonly queues: readonly string[]
  readonly log: Log
  /** How often to look; nothing in there is in a hurry. */
  readonly everyMs?: number
}

const mostKept = 4096
/** Longer than writing down takes; a message in a worker's hands comes again after it. */
const visibilitySeconds = 30
const lookEveryMs = 5_000

/** Looks until it is stopped; resolves when what is in hand is written down. */
export const startDeadLetters = (options: DeadLetterOptions): () => Promise<void> => {
  const { queues, log, everyMs = lookEveryMs } = options
  const stopping = new AbortController()
  const loop = async (queue: string): Promise<void> => {
    const outage = watchOutage(log.with({ queue }), 'dead-letters')
    while (!stopping.signal.aborted) {
      try {
        while (await buryOnce(options, queue) > 0 && !stopping.signal.aborted);
        outage.worked()
      } catch (error) {
        outage.failed(error)
      }
      await pause(everyMs, stopping.signal)
    }
  }
  const loops = Promise.all(queues.map(loop))
  return async () => {
    stopping.abort()
    await loops
  }
}

/** Takes up to ten messages of one dead-letter queue; answers how many left it. */
export const buryOnce = async (
  { db, sqs, log }: Pick<DeadLetterOptions, 'db' | 'sqs' | 'log'>,
  queue: string,
): Promise<number> => {
  const messages = await sqs.receive(`${queue}-dlq`, { max: 10, waitSeconds: 0, visibilitySeconds })
  const gone: string[] = []
  for (const message of messages) {
    if (await bury(db, log.with({ queue }), queue, message)) gone.push(message.receipt)
  }
  if (gone.length > 0) await sqs.deleteBatch(`${queue}-dlq`, gone)
  return gone.length
}

/** True: it is written down, or leads nowhere any more. The message's own id makes it one letter. */
const bury = async (
  db: DeadLetterOptions['db'],
  log: Log,
  queue: string,
  message: ReceivedMessage,
): Promise<boolean> => {
  const { messageId, receives, body } = message
  const id = idOf('dead-letter', queue, messageId)
  const read = await readBody(workBody, body)
  if ('reason' in read) {
    await keepStray(db, { id, queue, body, receives, reason: read.reason })
    log.error('dead-letter.stray', { messageId, reason: read.reason })
    return true
  }
  const { sellerId, workItemId } = read.value
  const outcome = await db.withPlatformScope('dead-letters', async (tx) => {
    const { outcome } = await tx.one(sql.type(buried)`
      select bury_work(${sellerId}, ${workItemId}, ${id}, ${queue}, ${receives}, ${unsaid})
        as outcome`)
    if (outcome === 'dead') {
      recordAudit(tx, sellerId, 'dead-letter.written', `dead-letter:${id}`, { queue })
    }
    return outcome
  })
  if (outcome === 'unknown') {
    const reason = 'names no work item of its seller'
    await keepStray(db, { id, queue, body, receives, reason })
    log.error('dead-letter.stray', { messageId, reason })
  } else if (outcome === 'dead') log.error('dead-letter.written', { sellerId, workItemId, id })
  else log.info('dead-letter.superfluous', { sellerId, workItemId, outcome })
  return outcome !== 'busy'
}
const buried = z.object({ outcome: z.enum(['dead', 'again', 'told', 'over', 'busy', 'unknown']) })
/** A worker that died each time had nobody left to say why. */
const unsaid = 'Whoever had it in hand ended without a word'

/** What nobody knows the meaning of is not kept for ever; answers how many were forgotten. */
export const forgetStrays = (
  db: DeadLetterOptions['db'],
  before: Date,
): Promise<number> =>
  db.withPlatformScope('dead-letters', (tx) =>
    tx.run(command`
      delete from stray_messages where created_at < ${before.toISOString()}::timestamptz`))

const keepStray = async (
  db: DeadLetterOptions['db'],
  stray: {
    readonly id: string
    readonly queue: string
    readonly body: string
    readonly reason: string
    readonly receives: number
  },
): Promise<void> => {
  const { id, queue, reason, receives } = stray
  const bytes = new TextEncoder().encode(stray.body).length
  const body = stray.body.slice(0, mostKept).replaceAll('\0', '')
  await db.withPlatformScope('dead-letters', (tx) =>
    tx.run(command`
      insert into stray_messages (id, queue, body, body_bytes, reason, receives)
      values (${id}, ${queue}, ${body}, ${bytes}, ${reason}, ${receives})
      on conflict (id) do nothing`))
}
