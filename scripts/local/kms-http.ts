/** The protocol of KMS (JSON 1.1): one address, the operation in a header. */
import type { CloudReply, CloudRequest } from './fauxqs.ts'
import { isKmsError, kmsError } from './kms-errors.ts'
import type { Kms } from './kms.ts'

const target = 'TrentService.'

export const isForKms = (operation: string): boolean => operation.startsWith(target)

export const answerKms = (request: CloudRequest, reply: CloudReply, kms: Kms): CloudReply => {
  reply.type('application/x-amz-json-1.1')
  try {
    const operation = String(request.headers['x-amz-target']).slice(target.length)
    return reply.send(JSON.stringify(kms.call(operation, parseBody(request.body))))
  } catch (error) {
    const type = isKmsError(error) ? error.type : 'KMSInternalException'
    const message = error instanceof Error ? error.message : String(error)
    return reply.code(statusOf(type)).send(JSON.stringify({ __type: type, message }))
  }
}

/** Its own faults have 500, as in AWS. */
const statusOf = (type: string): number =>
  /^(KMSInternal|DependencyTimeout|KeyUnavailable)/.test(type) ? 500 : 400

const parseBody = (body: unknown): unknown => {
  try {
    return JSON.parse(String(body ?? '{}'))
  } catch {
    throw kmsError('SerializationException', 'The body is not JSON')
  }
}
