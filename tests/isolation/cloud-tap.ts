/** Stands between the application and its cloud, and keeps what it asks: queues, keys, objects. */
import { Buffer } from 'node:buffer'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CloudCall {
  /** `AmazonSQS.SendMessageBatch`, `TrentService.Decrypt`; empty for S3. */
  readonly operation: string
  /** `PUT /bucket/key`. */
  readonly line: string
  readonly body: string
  /** The KMS key that a written object is sealed by; empty for all else. */
  readonly sealedBy: string
}
export interface CloudTap {
  readonly url: string
  readonly calls: readonly CloudCall[]
  readonly stop: () => Promise<void>
}

export const tapCloud = async (cloudUrl: string): Promise<CloudTap> => {
  const calls: CloudCall[] = []
  const server = createServer((asked, answer) => {
    void readAll(asked).then((body) => {
      calls.push({
        operation: String(asked.headers['x-amz-target'] ?? ''),
        line: `${asked.method} ${asked.url}`,
        body: body.toString(),
        sealedBy: String(asked.headers['x-amz-server-side-encryption-aws-kms-key-id'] ?? ''),
      })
      const { method, headers } = asked
      const passed = request(new URL(asked.url ?? '/', cloudUrl), { method, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers)
        given.pipe(answer)
      })
      passed.once('error', () => answer.destroy())
      passed.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const readAll = async (asked: IncomingMessage): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of asked) chunks.push(chunk)
  return Buffer.concat(chunks)
}
