/** Stands between the application and PostgreSQL, and cuts connections when it is told to. */
import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  /** The same database by way of the proxy. */
  readonly url: string
  /** So many more COMMITs are done and never answered: their connections are cut instead. */
  readonly cutCommits: (count: number) => void
  /** How many were cut. */
  readonly cuts: () => number
  /** Cuts one connection at once, named by the port that the database sees: `inet_client_port()`. */
  readonly cutPort: (port: number) => void
  readonly close: () => Promise<void>
}

/** What PostgreSQL answers when a transaction is done: CommandComplete with this tag. */
const committed = 'COMMIT\0'

export const startCuttingProxy = async (databaseUrl: string): Promise<CuttingProxy> => {
  const target = new URL(databaseUrl)
  const open = new Set<Socket>()
  const ends = new Map<number, () => void>()
  let left = 0
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    upstream.on('connect', () => ends.set(upstream.localPort ?? 0, end))
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', end).on('close', () => {
        open.delete(socket)
        end()
      })
    }
    client.on('data', (bytes) => upstream.write(bytes))
    upstream.on('data', (bytes) => {
      if (left > 0 && bytes.includes(committed)) {
        left--
        cuts++
        end()
      } else client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(address.port)
  return {
    url: url.href,
    cutCommits: (count) => {
      left = count
    },
    cuts: () => cuts,
    cutPort: (port) => ends.get(port)?.(),
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
