/** Finds our queues in SQS by their names, and makes those that are not there. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { QueueSpec } from '../plugin.ts'
import { limited } from './sqs-calls.ts'

export interface Queue {
  readonly url: string
  readonly isFifo: boolean
}
export interface Ensured {
  /** By short names, dead-letter queues among them. */
  readonly queues: readonly { readonly name: string; readonly queue: Queue }[]
  /** Full names of what was made. */
  readonly created: readonly string[]
}

/** A message that was handed out so often, and never deleted, goes to the dead-letter queue. */
const maxReceiveCount = 5
const longPollSeconds = 20
/** The longest SQS keeps a message: time for people to look at what failed. */
const deadLetterRetentionSeconds = 14 * 24 * 3600

/** What was made beforehand stays as it is. Safe to repeat, and to run in several processes. */
export const ensureQueues = async (
  client: SQSClient,
  prefix: string,
  specs: readonly QueueSpec[],
  visibilitySeconds: number,
): Promise<Ensured> => {
  const created: string[] = []
  const ensure = async (
    fullName: string,
    isFifo: boolean,
    attributes: () => Promise<Readonly<Record<string, string>>>,
  ): Promise<Queue> => {
    const found = await findUrl(client, fullName)
    if (found !== undefined) return { url: found, isFifo }
    const url = await create(client, fullName, {
      ...(isFifo ? fifoAttributes : {}),
      ReceiveMessageWaitTimeSeconds: String(longPollSeconds),
      ...await attributes(),
    })
    created.push(fullName)
    return { url, isFifo }
  }

  const pairs = specs.map(async ({ name, kind }) => {
    const isFifo = kind === 'fifo'
    const suffix = isFifo ? '.fifo' : ''
    const dead = await ensure(`${prefix}${name}-dlq${suffix}`, isFifo, () =>
      Promise.resolve({
        MessageRetentionPeriod: String(deadLetterRetentionSeconds),
      }))
    const main = await ensure(`${prefix}${name}${suffix}`, isFifo, async () => ({
      VisibilityTimeout: String(visibilitySeconds),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: await arnOf(client, dead.url),
        maxReceiveCount,
      }),
    }))
    return [{ name, queue: main }, { name: `${name}-dlq`, queue: dead }]
  })
  return { queues: (await Promise.all(pairs)).flat(), created }
}

/** What of the queues and their dead-letter queues is there; nothing is made. */
export const findQueues = async (
  client: SQSClient,
  prefix: string,
  specs: readonly QueueSpec[],
): Promise<Pick<Ensured, 'queues'> & { readonly missing: readonly string[] }> => {
  const wanted = specs.flatMap(({ name, kind }) =>
    [name, `${name}-dlq`].map((one) => ({ name: one, isFifo: kind === 'fifo' }))
  )
  const found = await Promise.all(wanted.map(async ({ name, isFifo }) => {
    const url = await findUrl(client, `${prefix}${name}${isFifo ? '.fifo' : ''}`)
    return url === undefined ? { name } : { name, queue: { url, isFifo } }
  }))
  return {
    queues: found.flatMap(({ name, queue }) => queue === undefined ? [] : [{ name, queue }]),
    missing: found.flatMap(({ name, queue }) => queue === undefined ? [name] : []),
  }
}

/** Ids are given with every message; groups, not the queue, are what has an order and a rate. */
const fifoAttributes = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
}

const findUrl = async (client: SQSClient, fullName: string): Promise<string | undefined> => {
  try {
    const answer = await client.send(new GetQueueUrlCommand({ QueueName: fullName }), limited())
    return answer.QueueUrl
  } catch (error) {
    if (isMissing(error)) return undefined
    throw cannot('find', fullName, error)
  }
}

const create = async (
  client: SQSClient,
  fullName: string,
  attributes: Readonly<Record<string, string>>,
): Promise<string> => {
  try {
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName: fullName, Attributes: { ...attributes } }),
      limited(),
    )
    if (QueueUrl !== undefined) return QueueUrl
  } catch (error) {
    // another process, with other settings, was quicker
    const found = await findUrl(client, fullName).catch(() => undefined)
    if (found !== undefined) return found
    throw cannot('make', fullName, error)
  }
  throw cannot('make', fullName, new Error('the answer names no URL'))
}

const arnOf = async (client: SQSClient, url: string): Promise<string> => {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
    limited(),
  )
  const arn = Attributes?.['QueueArn']
  if (arn === undefined) throw new Error(`Cannot read the ARN of "${url}": the answer has none`)
  return arn
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'].includes(error.name)

const cannot = (verb: string, fullName: string, cause: unknown): Error =>
  new Error(
    `Cannot ${verb} the queue "${fullName}": ${cause instanceof Error ? cause.message : cause}`,
    { cause },
  )
