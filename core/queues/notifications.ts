/** A queue of somebody else's making, which a marketplace fills: its messages, at least once each. */
import { DeleteMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Log } from '../log.ts'
import { watchOutage } from './outage.ts'
import { backoffMs, pause } from './pause.ts'
import { limited } from './sqs-calls.ts'
import type { SqsOptions } from './sqs.ts'
import { type ReceivedMessage, receiveMessages } from './sqs-receive.ts'

export interface InboxOptions {
  /** `https://sqs.eu-west-1.amazonaws.com/123456789012/orders`: the region is that of the host. */
  readonly url: string
  readonly region: string
  /** Of a machine of one's own; absent: that of the queue's region. */
  readonly endpoint?: string
  /** Absent: those of the platform. */
  readonly credentials?: SqsOptions['credentials']
  readonly log: Log
  /** Resolves when the message can go; what it throws brings the message back. */
  readonly handle: (message: { readonly id: string; readonly body: string }) => Promise<unknown>
  readonly waitSeconds?: number
  /** How long a message that could not be handled stays away. */
  readonly visibilitySeconds?: number
}

/** As of our own consumers: a drain lets the poll come to its end. */
const pollSeconds = 2
const awaySeconds = 60

/** Answers how to stop: what is in hand comes to its end first. */
export const startInbox = (options: InboxOptions): () => Promise<void> => {
  const { url, endpoint, credentials, log, handle, waitSeconds = pollSeconds } = options
  const { visibilitySeconds = awaySeconds } = options
  const region = /^sqs\.([a-z0-9-]+)\.amazonaws\./.exec(new URL(url).host)?.[1] ?? options.region
  const client = new SQSClient({
    region,
    useQueueUrlAsEndpoint: false,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const queue = { url, isFifo: false }
  const stopping = new AbortController()

  const done = async ({ messageId, body }: ReceivedMessage): Promise<boolean> => {
    try {
      await handle({ id: messageId, body })
      return true
    } catch (error) {
      log.warn('notification.failed', { message: messageId, error })
      return false
    }
  }
  const remove = async (messages: readonly ReceivedMessage[]): Promise<void> => {
    if (messages.length === 0) return
    const Entries = messages.map(({ receipt }, at) => ({ Id: String(at), ReceiptHandle: receipt }))
    // what is not deleted comes again, and is known then
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }), limited())
  }
  const poll = async (): Promise<void> => {
    const outage = watchOutage(log, 'notifications')
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        const messages = await receiveMessages(client, queue, { waitSeconds, visibilitySeconds })
        const handled: ReceivedMessage[] = []
        for (const message of messages) if (await done(message)) handled.push(message)
        await remove(handled)
        outage.worked()
        failures = handled.length === messages.length ? 0 : failures + 1
      } catch (error) {
        outage.failed(error)
        failures++
      }
      if (failures > 0) await pause(backoffMs(failures, 500, 30_000), stopping.signal)
    }
  }
  const polling = poll()
  return async () => {
    stopping.abort()
    await polling
    client.destroy()
  }
}
