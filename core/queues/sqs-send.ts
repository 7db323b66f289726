/** Sends many messages in few requests, and never lets one overtake an earlier one of its group. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { limited, maxEntries } from './sqs-calls.ts'
import type { Queue } from './sqs-queues.ts'

export interface OutgoingMessage {
  /** The deduplication id: a second message with it within five minutes is dropped. */
  readonly id: string
  /** Messages of one group keep their order; a standard queue shares its consumers among groups. */
  readonly group: string
  /** At most 256 KiB as UTF-8. */
  readonly body: string
}
export type SendResult =
  | { readonly id: string; readonly sent: true }
  /** `reason` is the code that SQS answered, or the name of the error. */
  | { readonly id: string; readonly sent: false; readonly reason: string }

/** Of one request, all messages together. */
const maxBytes = 256 * 1024

/** One result for each message, in their order. Does not throw: what was not sent says why. */
export const sendInOrder = async (
  client: SQSClient,
  queue: Queue,
  messages: readonly OutgoingMessage[],
  signal?: AbortSignal,
): Promise<readonly SendResult[]> => {
  const failed = new Map<string, string>()
  const stuck = new Set<string>()
  let pending = messages
  while (pending.length > 0) {
    const batch = nextBatch(pending, queue.isFifo)
    const faults = await sendOne(client, queue, batch, signal)
    for (const { id, group } of batch) {
      const reason = faults.get(id)
      if (reason === undefined) continue
      failed.set(id, reason)
      if (queue.isFifo) stuck.add(group)
    }
    const tried = new Set(batch)
    pending = pending.filter((message) => {
      if (tried.has(message)) return false
      if (stuck.has(message.group)) failed.set(message.id, 'earlier-one-failed')
      return !stuck.has(message.group)
    })
  }
  return messages.map(({ id }) => {
    const reason = failed.get(id)
    return reason === undefined ? { id, sent: true } : { id, sent: false, reason }
  })
}

/**
 * Up to ten that fit into one request. Of a group there is only one: entries of a request fail one
 * by one, and a second of the group would then stand in the queue before the first.
 */
export const nextBatch = (
  pending: readonly OutgoingMessage[],
  isFifo: boolean,
): readonly OutgoingMessage[] => {
  const batch: OutgoingMessage[] = []
  const seen = new Set<string>()
  let bytes = 0
  for (const message of pending) {
    if (batch.length === maxEntries) break
    if (isFifo && seen.has(message.group)) continue
    seen.add(message.group)
    const size = encoder.encode(message.body).length
    if (batch.length > 0 && bytes + size > maxBytes) continue
    batch.push(message)
    bytes += size
  }
  return batch
}

const encoder = new TextEncoder()

/** The reasons of those that were not accepted, by their ids. */
const sendOne = async (
  client: SQSClient,
  queue: Queue,
  batch: readonly OutgoingMessage[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> => {
  const Entries = batch.map(({ id, group, body }, index) => ({
    Id: String(index),
    MessageBody: body,
    MessageGroupId: group,
    ...(queue.isFifo ? { MessageDeduplicationId: id } : {}),
  }))
  try {
    const sent = new SendMessageBatchCommand({ QueueUrl: queue.url, Entries })
    const { Successful = [], Failed = [] } = await client.send(sent, limited({ signal }))
    const accepted = new Set(Successful.map(({ Id }) => Id))
    const codes = new Map(Failed.map(({ Id, Code }) => [Id, Code]))
    // what the answer passes over in silence counts as failed
    return new Map(batch.flatMap(({ id }, index) => {
      const entry = String(index)
      return accepted.has(entry) ? [] : [[id, codes.get(entry) ?? 'not-answered']]
    }))
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    return new Map(batch.map(({ id }) => [id, reason]))
  }
}
