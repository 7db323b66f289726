/** The loopback cloud: SQS and S3 (fauxqs) and KMS on one port, spoken to through the real AWS clients. */
import { join } from 'node:path'
import { guard } from './cloud-guard.ts'
import { codeOf, localFault } from './faults.ts'
import { type CloudReply, type CloudRequest, type Fauxqs, openFauxqs } from './fauxqs.ts'
import { ensureFolder } from './files.ts'
import { answerKms, isForKms } from './kms-http.ts'
import { createKms, type Kms } from './kms.ts'
import { assertPortFree, findFreePort, loopback } from './ports.ts'
import { checkEncryption, showEncryption } from './s3-encryption.ts'
import { checkCondition, ensureBody, showAskedHeaders } from './s3-objects.ts'
import { checkDigest, checkSignature } from './s3-signed.ts'
import { sqsActions } from './sqs-moves.ts'

export interface CloudOptions {
  /** Keeps queues, objects and keys; absent: memory only. FIFO deduplication is not kept over a restart. */
  readonly dir?: string
  /** Of 127.0.0.1; absent: any free one. */
  readonly port?: number
  readonly region?: string
}
export interface Cloud {
  /** For `AWS_ENDPOINT_URL`. Any credentials do. */
  readonly url: string
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Starts SQS, S3 and KMS; every failure is one sentence. */
export const startCloud = async (options: CloudOptions = {}): Promise<Cloud> => {
  const { dir, region = 'ap-south-1' } = options
  const port = options.port ?? await findFreePort()
  await assertPortFree(port)
  const url = `http://${loopback}:${port}`
  if (dir !== undefined) ensureFolder(dir)
  const kms = createKms({ region, ...(dir === undefined ? {} : { file: join(dir, 'kms.json') }) })
  const fauxqs = openFauxqs(url, region, dir)
  addHooks(fauxqs, kms)
  await fauxqs.app.listen({ port, host: loopback }).catch(async (error) => {
    await fauxqs.close()
    throw localFault(`Cannot start the local cloud: ${codeOf(error) ?? 'unknown error'}`, error)
  })
  return { url, port, stop: fauxqs.close }
}

/** The hooks call `done` instead of being async, so that a condition and its write happen in one turn. */
const addHooks = ({ app, s3, sqs }: Fauxqs, kms: Kms): void => {
  app.addHook('onRequest', (request: CloudRequest, reply: CloudReply, done: () => void) => {
    if (!(guard(request, reply, Date.now()) ?? checkSignature(request, reply))) done()
  })
  app.addHook('preHandler', (request: CloudRequest, reply: CloudReply, done: () => void) => {
    const target = operationOf(request)
    if (isForKms(target)) return void answerKms(request, reply, kms)
    const action = sqsActions[target]
    if (action) return void action(sqs, request.body, reply)
    ensureBody(request)
    const refused = checkDigest(request, reply) ?? checkCondition(request, reply, s3) ??
      checkEncryption(request, reply, s3, kms)
    if (!refused) done()
  })
  app.addHook('onSend', (request: CloudRequest, reply: CloudReply, _body, done: () => void) => {
    showEncryption(request, reply, s3)
    showAskedHeaders(request, reply)
    done()
  })
}

const operationOf = (request: CloudRequest): string =>
  request.method === 'POST' && request.url === '/'
    ? String(request.headers['x-amz-target'] ?? '')
    : ''
