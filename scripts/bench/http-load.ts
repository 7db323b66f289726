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
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

export const connect = async (url: string): Promise<Connection> => {
  const { hostname, port } = new URL(url)
  const socket = createConnection({ host: hostname, port: Number(port), noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return connectionOf(socket)
}

interface Waiting {
  readonly resolve: (answer: Uint8Array) => void
  readonly reject: (error: Error) => void
}

const connectionOf = (socket: Socket): Connection => {
  let waiting: Waiting | undefined
  let chunks: Uint8Array[] = []
  let have = 0
  /** Unknown until the head is there. */
  let whole: number | undefined

  const end = (error: Error): void => {
    waiting?.reject(error)
    waiting = undefined
    socket.destroy()
  }
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    have += chunk.length
    try {
      whole ??= wholeLength(chunks)
    } catch (error) {
      return end(error as Error)
    }
    if (whole === undefined || have < whole) return
    const answer = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    const { resolve } = waiting ?? { resolve: () => {} }
    waiting = undefined
    chunks = []
    have = 0
    whole = undefined
    resolve(answer)
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('The server closed the connection')))
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

const ok = Buffer.from('HTTP/1.1 200')

/** Of the head and the body, or undefined while the head is not there whole. */
const wholeLength = (chunks: readonly Uint8Array[]): number | undefined => {
  const [first] = chunks
  const start = Buffer.from(chunks.length === 1 && first ? first : Buffer.concat([...chunks]))
  const headEnd = start.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = start.toString('latin1', 0, headEnd)
  if (start.indexOf(ok) !== 0) throw new Error(`Expected status 200, got: ${head.split('\r\n')[0]}`)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error('Expected an answer that tells its length')
  return headEnd + 4 + Number(length)
}
