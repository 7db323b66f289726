/** Ports of 127.0.0.1. Nothing of the local parts listens anywhere else. */
import { createServer } from 'node:net'
import { codeOf, localFault } from './faults.ts'

export const loopback = '127.0.0.1'

/** A port that was free a moment ago. */
export const findFreePort = (): Promise<number> => tryPort(0)

/** Throws the sentence to print when the port cannot be had. */
export const assertPortFree = async (port: number): Promise<void> => {
  try {
    await tryPort(port)
  } catch (error) {
    throw localFault(`Cannot listen on ${loopback}:${port}: ${reason(codeOf(error))}`, error)
  }
}

const tryPort = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, loopback, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })

const reason = (code: string | undefined): string => {
  if (code === 'EADDRINUSE') return 'another program uses the port; stop it or choose another port'
  if (code === 'EACCES') return 'the system keeps this port for itself; choose one above 1023'
  return `the system answered ${code ?? 'with an unknown error'}`
}
