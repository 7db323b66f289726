/** What the tests of the queues share: work items, outbox rows, and stand-ins for SQS. */
import type { FreshDatabase, TestSeller } from '../support/database.ts'
import { createLog, type Log } from '../../core/log.ts'
import { newId } from '../../core/ids.ts'
import { requestWork } from '../../core/queues/work.ts'
import type { OutgoingMessage, SendResult, Sqs } from '../../core/queues/sqs.ts'

export const queue = 'account-sync'

export interface TestLog {
  readonly log: Log
  readonly lines: Record<string, unknown>[]
  readonly events: () => string[]
}
export const collectLog = (): TestLog => {
  const lines: Record<string, unknown>[] = []
  const log = createLog((line) => void lines.push(JSON.parse(line)), () => new Date())
  return { log, lines, events: () => lines.map(({ event }) => String(event)) }
}

/** Stores messages as `sendLater` does, of several groups, and answers their ids in that order. */
export const fillOutbox = async (
  fresh: FreshDatabase,
  seller: TestSeller,
  groups: readonly string[],
  options: { readonly queue?: string; readonly dueInMs?: number } = {},
): Promise<string[]> => {
  const ids: string[] = []
  await fresh.asSuperuser(async (admin) => {
    for (const group of groups) {
      const id = newId()
      ids.push(id)
      await admin`
        insert into outbox (seller_id, id, queue, group_key, body, not_before)
        values (${seller.sellerId}, ${id}, ${options.queue ?? queue}, ${group},
          ${JSON.stringify({ id, group })}::text::jsonb,
          now() + ${options.dueInMs ?? 0}::double precision * interval '1 millisecond')`
    }
  })
  return ids
}

/** A work item of a manual run; its message stands in the outbox. */
export const makeWork = async (
  fresh: FreshDatabase,
  seller: TestSeller,
  accountId: string,
): Promise<{ readonly runId: string; readonly itemId: string }> => {
  const { sellerId } = seller
  const requested = await fresh.db.withSellerScope(
    seller.entry,
    (scope) =>
      requestWork(scope, { sellerId, accountId, target: 'ORDERS', reason: 'manual', queue }),
  )
  if (!requested) throw new Error('unreachable: the account exists')
  const [item] = await fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`select id from work_items where job_run_id = ${requested.runId}`
  )
  if (!item) throw new Error('unreachable: the item exists')
  return { runId: requested.runId, itemId: item.id }
}

export interface Sent extends OutgoingMessage {
  readonly queue: string
}
/** Remembers what it took, deduplicated as SQS does; `refuse` says why it does not take one. */
export const fakeSender = (
  refuse: (message: OutgoingMessage, queue: string) => string | undefined = () => undefined,
): { readonly sqs: Pick<Sqs, 'sendBatch'>; readonly sent: Sent[] } => {
  const sent: Sent[] = []
  return {
    sent,
    sqs: {
      sendBatch: async (queue, messages) => {
        await Promise.resolve()
        const stuck = new Set<string>()
        return messages.map((message): SendResult => {
          const { id, group } = message
          const reason = stuck.has(group) ? 'earlier-one-failed' : refuse(message, queue)
          if (reason !== undefined) {
            stuck.add(group)
            return { id, sent: false, reason }
          }
          if (!sent.some((before) => before.id === id)) sent.push({ ...message, queue })
          return { id, sent: true }
        })
      },
    },
  }
}

/** Resolves when the condition holds; throws, with its text, when it does not in time. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> => {
  const end = performance.now() + limitMs
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
