/** The KMS emulator behind HTTP, with a switch for everything that can go wrong on the way. */
import { createServer, type Server } from 'node:http'
import { createKms as createEmulator } from '../../scripts/local/kms.ts'
import { isKmsError } from '../../scripts/local/kms-errors.ts'

export interface KmsServer {
  readonly url: string
  /** What was asked for, in order. */
  readonly operations: string[]
  /** Answers every request instead of the emulator: a status and an AWS error name, or nothing. */
  fault: { readonly status: number; readonly type: string } | 'silence' | null
  /** Asks the emulator itself, past HTTP. */
  readonly call: (operation: string, body: unknown) => Record<string, unknown>
  readonly stop: () => Promise<void>
}

export const startKmsServer = async (): Promise<KmsServer> => {
  const emulator = createEmulator()
  const server: Server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    kms.operations.push(operation)
    let text = ''
    request.on('data', (chunk) => text += chunk)
    request.on('end', () => {
      if (kms.fault === 'silence') return
      const { status, body } = kms.fault
        ? { status: kms.fault.status, body: { __type: kms.fault.type, message: 'as told' } }
        : answer(emulator, operation, text)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const kms: KmsServer = {
    url: `http://127.0.0.1:${port}`,
    operations: [],
    fault: null,
    call: emulator.call,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return kms
}

const answer = (
  emulator: ReturnType<typeof createEmulator>,
  operation: string,
  text: string,
): { status: number; body: unknown } => {
  try {
    return { status: 200, body: emulator.call(operation, JSON.parse(text)) }
  } catch (error) {
    if (!isKmsError(error)) throw error
    return { status: 400, body: { __type: error.type, message: error.message } }
  }
}
