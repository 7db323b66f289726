/** SQS as the house uses it: queues by their short names, batches with an answer for each message. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { Log } from '../log.ts'
import type { QueueSpec } from '../plugin.ts'
import { inTens, limited } from './sqs-calls.ts'
import { ensureQueues, findQueues, type Queue } from './sqs-queues.ts'
import { type ReceivedMessage, receiveMessages, type ReceiveOptions } from './sqs-receive.ts'
import { type OutgoingMessage, sendInOrder, type SendResult } from './sqs-send.ts'

export type { OutgoingMessage, ReceivedMessage, SendResult }

export interface SqsOptions {
  readonly region: string
  /** Absent: the region's own. */
  readonly endpoint?: string
  /** Absent: what the SDK finds by itself (instance role, profile). */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  /** In front of every queue's name, such as `robnu-`. */
  readonly prefix: string
  readonly log: Log
}
interface Depth {
  readonly ready: number
  readonly inFlight: number
  readonly delayed: number
}
/**
 * A queue is named as its spec names it, its dead-letter queue `<name>-dlq`. Every method throws
 * for a queue that `ensureQueues` has not seen, and throws on when SQS does not answer in time.
 */
export interface Sqs {
  /** Finds every queue and makes the missing ones with their DLQ; answers the names it made. */
  readonly ensureQueues: (
    specs: readonly QueueSpec[],
    options?: { readonly visibilitySeconds?: number },
  ) => Promise<readonly string[]>
  /** Finds what is there and makes nothing; answers the short names of what is missing. */
  readonly findQueues: (specs: readonly QueueSpec[]) => Promise<readonly string[]>
  /** One result for each message, in their order; what SQS did not take is a result as well. */
  readonly sendBatch: (
    queue: string,
    messages: readonly OutgoingMessage[],
    signal?: AbortSignal,
  ) => Promise<readonly SendResult[]>
  readonly receive: (queue: string, options?: ReceiveOptions) => Promise<readonly ReceivedMessage[]>
  /** Answers the receipts that could not be deleted. */
  readonly deleteBatch: (queue: string, receipts: readonly string[]) => Promise<readonly string[]>
  /** Hides messages for so long from now on; answers the receipts for which it was too late. */
  readonly changeVisibility: (
    queue: string,
    changes: readonly { readonly receipt: string; readonly seconds: number }[],
  ) => Promise<readonly string[]>
  /** Approximate, as SQS counts. */
  readonly depth: (queue: string) => Promise<Depth>
  /** Resolves when SQS answers. */
  readonly ping: () => Promise<void>
  readonly close: () => void
}

export const createSqs = (options: SqsOptions): Sqs => {
  const { region, endpoint, credentials, prefix, log } = options
  const client = new SQSClient({
    region,
    // a queue's URL names the host by which SQS knows itself, which need not be the one we reach
    useQueueUrlAsEndpoint: false,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const queues = new Map<string, Queue>()
  const get = (name: string): Queue => {
    const queue = queues.get(name)
    if (!queue) throw new Error(`Cannot use the queue "${name}": it was not ensured`)
    return queue
  }
  return {
    ensureQueues: async (specs, { visibilitySeconds = 30 } = {}) => {
      const ensured = await ensureQueues(client, prefix, specs, visibilitySeconds)
      for (const { name, queue } of ensured.queues) queues.set(name, queue)
      if (ensured.created.length > 0) log.info('sqs.created', { queues: ensured.created })
      return ensured.created
    },
    findQueues: async (specs) => {
      const found = await findQueues(client, prefix, specs)
      for (const { name, queue } of found.queues) queues.set(name, queue)
      return found.missing
    },
    sendBatch: async (name, messages, signal) =>
      await sendInOrder(client, get(name), messages, signal),
    receive: async (name, asked = {}) => await receiveMessages(client, get(name), asked),
    deleteBatch: async (name, receipts) => {
      const { url } = get(name)
      return await inTens(receipts, async (ten) => {
        const Entries = ten.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
        const asked = new DeleteMessageBatchCommand({ QueueUrl: url, Entries })
        const { Failed = [] } = await client.send(asked, limited())
        return Failed.flatMap(({ Id }) => ten[Number(Id)] ?? [])
      })
    },
    changeVisibility: async (name, changes) => {
      const { url } = get(name)
      return await inTens(changes, async (ten) => {
        const Entries = ten.map(({ receipt, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receipt,
          VisibilityTimeout: seconds,
        }))
        const asked = new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })
        const { Failed = [] } = await client.send(asked, limited())
        return Failed.flatMap(({ Id }) => ten[Number(Id)]?.receipt ?? [])
      })
    },
    depth: async (name) => {
      const asked = new GetQueueAttributesCommand({
        QueueUrl: get(name).url,
        AttributeNames: [ready, inFlight, delayed],
      })
      const { Attributes } = await client.send(asked, limited())
      const count = (name: typeof ready | typeof inFlight | typeof delayed) =>
        Number(Attributes?.[name] ?? 0)
      return { ready: count(ready), inFlight: count(inFlight), delayed: count(delayed) }
    },
    ping: async () => {
      const [known] = queues.values()
      if (known) {
        // needs no right that the service does not have anyway
        const asked = new GetQueueAttributesCommand({
          QueueUrl: known.url,
          AttributeNames: ['QueueArn'],
        })
        await client.send(asked, limited())
        return
      }
      const asked = new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 1 })
      await client.send(asked, limited())
    },
    close: () => client.destroy(),
  }
}

const ready = 'ApproximateNumberOfMessages'
const inFlight = 'ApproximateNumberOfMessagesNotVisible'
const delayed = 'ApproximateNumberOfMessagesDelayed'
