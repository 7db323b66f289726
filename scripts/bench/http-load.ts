/** A load generator of few moves: one keep-alive connection for each loop, requests made beforehand. */
import { Buffer } from 'node:buffer'
import { createConnection, type Socket } from 'node:net'

export interface Connection {
  /** Sends the request and waits for the whole answer; throws unless its status is 200. */
  readonly ask: (request: Uint8Array) => Promise<Uint8Array>
  readonly close: () => void
}

export const requestOf = (url: string, path: string, cookie?: string): Uint8Array => {
  const { host } = new URL(url)
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...cookie ? [`Cookie: ${cookie}`] : []]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

/** The body of an answer, for a look at what is measured. */
export const bodyOf = (answer: Uint8Array): string => {
  const text = Buffer.from(answer).toString()
  return text.slice(text.indexOf(headEnd) + headEnd.length)
}

const headEnd = '\r\n\r\n'

/** Opens at the first request, and again after the server has closed what was idle for too long. */
export const connectionTo = (url: string): Connection => {
  const { hostname, port } = new URL(url)
  let socket: Socket | undefined
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const opening = createConnection({ host: hostname, port: Number(port), noDelay: true })
      opening.once('error', reject)
      opening.once('connect', () => {
        opening.off('error', reject)
        // a fault of an idle connection is met by the next request
        opening.on('error', () => {})
        resolve(opening)
      })
    })
  return {
    ask: async (request) => {
      if (socket === undefined || socket.destroyed || !socket.writable) socket = await open()
      return await exchange(socket, request)
    },
    close: () => socket?.destroy(),
  }
}

const exchange = (socket: Socket, request: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let have = 0
    let whole: number | undefined
    const settle = (end: () => void): void => {
      socket.off('data', take)
      socket.off('close', lose)
      end()
    }
    const lose = (): void => settle(() => reject(new Error('The server closed the connection')))
    const take = (chunk: Buffer): void => {
      chunks.push(chunk)
      have += chunk.length
      try {
        whole ??= wholeLength(chunks.length === 1 ? chunk : Buffer.concat(chunks))
      } catch (error) {
        return settle(() => reject(error))
      }
      if (whole === undefined || have < whole) return
      settle(() => resolve(chunks.length === 1 ? chunk : Buffer.concat(chunks)))
    }
    socket.on('data', take)
    socket.on('close', lose)
    socket.write(request)
  })

/** Of head and body, or undefined while the head is not there whole. */
const wholeLength = (start: Buffer): number | undefined => {
  const at = start.indexOf(headEnd)
  if (at < 0) return undefined
  const head = start.toString('latin1', 0, at)
  if (!head.startsWith('HTTP/1.1 200')) {
    throw new Error(`Expected status 200, got: ${head.split('\r\n')[0]}`)
  }
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error('Expected an answer that tells its length')
  return at + headEnd.length + Number(length)
}
