/** Deletes handled messages in batches: one request costs as much as ten. */
import type { Log } from '../log.ts'
import { pause } from './pause.ts'
import type { Sqs } from './sqs.ts'

export interface Deletions {
  readonly add: (receipt: string) => void
  /** Resolves when nothing is left to delete. */
  readonly flush: () => Promise<void>
}

/** Of one request. */
const maxBatch = 10
/** Short: a FIFO queue hands out the next message of a group when this one is deleted. */
const gatherMs = 5
const attempts = 3
const againMs = 500

/** What cannot be deleted in three attempts is logged: it will be delivered and handled once more. */
export const createDeletions = (
  { sqs, queue, log }: { sqs: Pick<Sqs, 'deleteBatch'>; queue: string; log: Log },
): Deletions => {
  let pending: string[] = []
  const flights = new Set<Promise<void>>()

  const launch = (): void => {
    if (pending.length === 0) return
    const flight = remove(pending).finally(() => flights.delete(flight))
    pending = []
    flights.add(flight)
  }
  const remove = async (receipts: readonly string[]): Promise<void> => {
    let left = receipts
    let error: unknown
    for (let attempt = 1; attempt <= attempts && left.length > 0; attempt++) {
      if (attempt > 1) await pause(againMs)
      try {
        left = await sqs.deleteBatch(queue, left)
      } catch (cause) {
        error = cause
      }
    }
    if (left.length > 0) log.warn('queue.not-deleted', { messages: left.length, error })
  }
  return {
    add: (receipt) => {
      pending.push(receipt)
      if (pending.length >= maxBatch) launch()
      else if (pending.length === 1) void pause(gatherMs).then(launch)
    },
    flush: async () => {
      launch()
      while (flights.size > 0) await Promise.all(flights)
    },
  }
}
