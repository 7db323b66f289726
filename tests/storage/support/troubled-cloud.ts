/** Stands between a client and the cloud, and spoils a share of the answers. */
import { Buffer } from 'node:buffer'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `cut`: the answer breaks off in the middle. `lost`: it was done, and nobody is told. */
export type Trouble = 'none' | 'error' | 'cut' | 'lost'

export interface TroubledCloud {
  readonly url: string
  /** What becomes of the next request. */
  readonly decide: (trouble: (method: string, path: string) => Trouble) => void
  readonly count: () => Readonly<Record<Trouble, number>>
  readonly close: () => Promise<void>
}

export const startTroubledCloud = async (cloudUrl: string): Promise<TroubledCloud> => {
  const target = new URL(cloudUrl)
  const count: Record<Trouble, number> = { none: 0, error: 0, cut: 0, lost: 0 }
  let decide: (method: string, path: string) => Trouble = () => 'none'
  const server = createServer((asked, answer) => {
    const trouble = decide(asked.method ?? '', asked.url ?? '')
    count[trouble] += 1
    if (trouble === 'error') {
      asked.resume()
      answer.writeHead(503, { 'content-type': 'application/xml' })
      answer.end('<Error><Code>SlowDown</Code><Message>Please reduce</Message></Error>')
      return
    }
    const passed = send({
      host: target.hostname,
      port: target.port,
      method: asked.method,
      path: asked.url,
      headers: asked.headers,
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
        answer.writeHead(found.statusCode ?? 500, found.headers)
        if (trouble === 'none' || whole.length === 0) return void answer.end(whole)
        answer.write(whole.subarray(0, whole.length >> 1), () => answer.destroy())
      })
    })
    passed.on('error', () => answer.destroy())
    asked.pipe(passed)
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
