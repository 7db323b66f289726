/** Stands between a client and the cloud, and spoils a share of the answers. */
import { Buffer } from 'node:buffer'
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * `error` is a 500 or a 503 by turns. `reset`: nothing comes back, and nothing was done. `cut`: the answer
 * breaks off in the middle. `short`: half an answer that says it is the whole one. `lost`: it was done, and
 * nobody is told. `halved`: half a body reaches the cloud, as if it were the whole one.
 */
export const troubles = ['error', 'reset', 'cut', 'short', 'lost', 'halved'] as const
type Trouble = 'none' | typeof troubles[number]

export interface TroubledCloud {
  readonly url: string
  /** What becomes of the next request. */
  readonly decide: (trouble: (method: string, path: string) => Trouble) => void
  readonly count: () => Readonly<Record<Trouble, number>>
  readonly close: () => Promise<void>
}

const withoutLength = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const { 'content-length': _, ...others } = headers
  return others
}

export const startTroubledCloud = async (cloudUrl: string): Promise<TroubledCloud> => {
  const target = new URL(cloudUrl)
  const count: Record<Trouble, number> = {
    ...{ none: 0, error: 0, reset: 0, cut: 0, short: 0, lost: 0, halved: 0 },
  }
  let decide: (method: string, path: string) => Trouble = () => 'none'
  const server = createServer((asked, answer) => {
    const trouble = decide(asked.method ?? '', asked.url ?? '')
    count[trouble] += 1
    if (trouble === 'error') {
      asked.resume()
      const [status, code] = count.error % 2 ? [503, 'SlowDown'] : [500, 'InternalError']
      answer.writeHead(Number(status), { 'content-type': 'application/xml' })
      answer.end(`<Error><Code>${code}</Code><Message>Please reduce</Message></Error>`)
      return
    }
    if (trouble === 'reset') return void asked.socket.destroy()
    const passed = send({
      host: target.hostname,
      port: target.port,
      method: asked.method,
      path: asked.url,
      headers: trouble === 'halved' ? withoutLength(asked.headers) : asked.headers,
    }, (found) => {
      if (trouble === 'lost') {
        found.resume()
        found.on('end', () => answer.destroy())
        return
      }
      const chunks: Uint8Array[] = []
      found.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      found.on('end', () => {
        const whole = Buffer.concat(chunks)
        if (trouble === 'short' && whole.length > 1) {
          const half = whole.subarray(0, whole.length >> 1)
          const headers = { ...found.headers, 'content-length': String(half.length) }
          return void answer.writeHead(found.statusCode ?? 500, headers).end(half)
        }
        answer.writeHead(found.statusCode ?? 500, found.headers)
        if (trouble !== 'cut' || whole.length === 0) return void answer.end(whole)
        answer.write(whole.subarray(0, whole.length >> 1), () => answer.destroy())
      })
    })
    passed.on('error', () => answer.destroy())
    if (trouble !== 'halved') return void asked.pipe(passed)
    const chunks: Uint8Array[] = []
    asked.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    asked.on('end', () => {
      const whole = Buffer.concat(chunks)
      passed.end(whole.subarray(0, whole.length >> 1))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    decide: (by) => void (decide = by),
    count: () => ({ ...count }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
