/** What fauxqs lacks of dead-letter queues: moving messages back, and asking who sends here. */
import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { answerSqs, refuseSqs } from './cloud-errors.ts'
import type { CloudReply, SqsQueue, SqsStore } from './fauxqs.ts'

const Move = z.object({
  SourceArn: z.string(),
  DestinationArn: z.string().optional(),
  MaxNumberOfMessagesPerSecond: z.number().optional(), // the move is immediate here
})
const Sources = z.object({ QueueUrl: z.string() })
const Redrive = z.object({ deadLetterTargetArn: z.string() })

type Action = (sqs: SqsStore, body: unknown, reply: CloudReply) => CloudReply

const startMove: Action = (sqs, body, reply) => {
  const asked = Move.safeParse(body)
  if (!asked.success) return refuseSqs(reply, 'MissingParameter', 'SourceArn is required')
  const { SourceArn, DestinationArn } = asked.data
  const source = sqs.getQueueByArn(SourceArn)
  if (!source) return refuseSqs(reply, 'ResourceNotFoundException', `No queue "${SourceArn}"`)

  const senders = sendersTo(sqs, SourceArn)
  if (senders.length === 0) {
    const text = 'Source queue must be configured as a Dead Letter Queue.'
    return refuseSqs(reply, 'InvalidParameterValue', text)
  }
  if (DestinationArn === undefined && senders.length > 1) {
    // AWS remembers for each message where it came from; here that is not kept
    return refuseSqs(reply, 'UnsupportedOperation', 'Several queues send here: name DestinationArn')
  }
  const target = DestinationArn === undefined ? senders[0] : sqs.getQueueByArn(DestinationArn)
  if (!target) return refuseSqs(reply, 'ResourceNotFoundException', `No queue "${DestinationArn}"`)
  if (target.isFifo() !== source.isFifo()) {
    return refuseSqs(reply, 'InvalidParameterValue', 'Both queues must be of the same type')
  }
  const moved = moveAll(source, target)
  const handle = Buffer.from(`${SourceArn}:${moved}`).toString('base64')
  return answerSqs(reply, { TaskHandle: handle })
}

const listSources: Action = (sqs, body, reply) => {
  const asked = Sources.safeParse(body)
  const queue = asked.success ? sqs.getQueue(asked.data.QueueUrl) : undefined
  if (!queue) return refuseSqs(reply, 'QueueDoesNotExist', 'The specified queue does not exist.')
  return answerSqs(reply, { queueUrls: sendersTo(sqs, queue.arn).map((sender) => sender.url) })
}

/** By `X-Amz-Target`. */
export const sqsActions: Readonly<Record<string, Action>> = {
  'AmazonSQS.StartMessageMoveTask': startMove,
  'AmazonSQS.ListDeadLetterSourceQueues': listSources,
}

const sendersTo = (sqs: SqsStore, arn: string): SqsQueue[] =>
  [...sqs.allQueues()].filter((queue) => {
    const policy = queue.attributes['RedrivePolicy']
    return policy !== undefined && Redrive.parse(JSON.parse(policy)).deadLetterTargetArn === arn
  })

/** Messages in somebody's hands stay, and so does what waits behind them in their group. */
const moveAll = (source: SqsQueue, target: SqsQueue): number => {
  source.processTimers()
  const messages = source.messages.splice(0)
  for (const [group, waiting] of source.fifoMessages) {
    if (source.fifoLockedGroups.has(group)) continue
    messages.push(...waiting)
    source.fifoMessages.delete(group)
  }
  for (const message of messages) {
    message.approximateReceiveCount = 0
    delete message.approximateFirstReceiveTimestamp
    if (target.isFifo()) message.sequenceNumber = target.nextSequenceNumber()
    target.enqueue(message) // replaces the stored copy, which is found by the message's id
  }
  return messages.length
}
