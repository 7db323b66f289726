/** Refusals of the loopback cloud, in the formats that the AWS clients read. */
import type { CloudReply } from './fauxqs.ts'

export const refuseS3 = (
  reply: CloudReply,
  status: number,
  code: string,
  message: string,
): CloudReply =>
  reply.code(status).type('application/xml').send(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${
      escape(message)
    }</Message></Error>`,
  )

export const refuseSqs = (reply: CloudReply, code: string, message: string): CloudReply =>
  answerSqs(
    reply.code(400).header('x-amzn-query-error', `AWS.SimpleQueueService.${code};Sender`),
    { __type: `com.amazonaws.sqs#${code}`, message },
  )

export const answerSqs = (reply: CloudReply, body: Record<string, unknown>): CloudReply =>
  reply.type('application/x-amz-json-1.0').send(JSON.stringify(body))

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
