/** Servers on this machine that count who comes, and an eye on every connection that is tried. */
import { createServer, type Server, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Traps {
  readonly port: number
  /** Connections that were taken, on 127.0.0.1 and on ::1. */
  readonly caught: () => number
}

/** One port on both addresses of this machine. */
export const setTraps = async (): Promise<Traps> => {
  let caught = 0
  const open = (host: string, port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        caught++
        socket.on('error', () => {})
        socket.destroy()
      })
      server.once('error', reject)
      server.listen(port, host, () => resolve(server))
    })
  const first = await open('127.0.0.1', 0)
  const { port } = first.address() as AddressInfo
  const second = await open('::1', port)
  onTestFinished(() => {
    first.close()
    second.close()
  })
  return { port, caught: () => caught }
}

/** Where connections are tried to, by whoever goes through node:net; fetch of Deno does not. */
export const watchDials = (): readonly string[] => {
  const dials: string[] = []
  const { connect } = Socket.prototype
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
    const [first] = Array.isArray(given[0]) ? given[0] : given
    const { host, port, path } = Object(first) as Record<string, unknown>
    dials.push(String(host ?? path ?? first) + (port === undefined ? '' : ` ${port}`))
    return Reflect.apply(connect, this, given)
  } as typeof connect
  onTestFinished(() => {
    Socket.prototype.connect = connect
  })
  return dials
}
