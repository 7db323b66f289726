/** What SQS says of our queues, for whoever looks whether they are as they should be. Changes nothing. */
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { QueueSpec } from '../plugin.ts'
import { limited } from './sqs-calls.ts'

export interface QueueLook {
  /** With the prefix and `.fifo`. */
  readonly fullName: string
  readonly kind: QueueSpec['kind']
  readonly isDeadLetters: boolean
  /** As SQS names them; null: there is no such queue. */
  readonly attributes: Readonly<Record<string, string>> | null
}

/** Every queue and its dead-letter queue. Throws an error whose name is AWS's word for what is wrong. */
export const lookAtQueues = async (
  { region, endpoint, credentials, prefix }: {
    readonly region: string
    readonly endpoint?: string | undefined
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly prefix: string
  },
  specs: readonly QueueSpec[],
): Promise<readonly QueueLook[]> => {
  const client = new SQSClient({
    region,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 2,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const look = async (kind: QueueSpec['kind'], name: string, isDeadLetters: boolean) => {
    const fullName = `${prefix}${name}${kind === 'fifo' ? '.fifo' : ''}`
    return { fullName, kind, isDeadLetters, attributes: await attributesOf(client, fullName) }
  }
  try {
    return await Promise.all(specs.flatMap(({ name, kind }) => [
      look(kind, name, false),
      look(kind, `${name}-dlq`, true),
    ]))
  } finally {
    client.destroy()
  }
}

const attributesOf = async (client: SQSClient, name: string): Promise<QueueLook['attributes']> => {
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }), limited())
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })
    return (await client.send(asked, limited())).Attributes ?? {}
  } catch (error) {
    const missing = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue']
    if (error instanceof Error && missing.includes(error.name)) return null
    throw error
  }
}
