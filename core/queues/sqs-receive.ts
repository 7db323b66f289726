/** Takes messages out of a queue by a long poll. */
import { type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { limited, maxEntries } from './sqs-calls.ts'
import type { Queue } from './sqs-queues.ts'

export interface ReceivedMessage {
  readonly messageId: string
  /** Names this receipt of the message: what deletes it or moves its visibility. */
  readonly receipt: string
  /** Undefined in a standard queue, where whoever sent it named none. */
  readonly group: string | undefined
  readonly body: string
  /** This receipt included. */
  readonly receives: number
}
export interface ReceiveOptions {
  /** 1 to 10. */
  readonly max?: number
  /** Up to 20. */
  readonly waitSeconds?: number
  /** Absent: what the queue says. */
  readonly visibilitySeconds?: number
  readonly signal?: AbortSignal
}

/**
 * Empty when nothing came in time or the signal aborted. A message that was on its way at an abort
 * comes again after its visibility timeout.
 */
export const receiveMessages = async (
  client: SQSClient,
  queue: Queue,
  options: ReceiveOptions,
): Promise<readonly ReceivedMessage[]> => {
  const { max = maxEntries, waitSeconds = 20, visibilitySeconds, signal } = options
  if (signal?.aborted) return []
  const asked = new ReceiveMessageCommand({
    QueueUrl: queue.url,
    MaxNumberOfMessages: max,
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['MessageGroupId', 'ApproximateReceiveCount'],
    ...(visibilitySeconds === undefined ? {} : { VisibilityTimeout: visibilitySeconds }),
  })
  try {
    const answer = await client.send(asked, limited({ waitMs: waitSeconds * 1000, signal }))
    return (answer.Messages ?? []).flatMap(toReceived)
  } catch (error) {
    if (signal?.aborted) return []
    throw error
  }
}

const toReceived = (message: Message): readonly ReceivedMessage[] => {
  const { MessageId, ReceiptHandle, Body, Attributes } = message
  if (MessageId === undefined || ReceiptHandle === undefined) return []
  return [{
    messageId: MessageId,
    receipt: ReceiptHandle,
    group: Attributes?.MessageGroupId,
    body: Body ?? '',
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
  }]
}
