/** A database server that is gone from one moment to the next, and comes back. */
import { join } from 'node:path'
import { locateBinaries } from '../../local/postgres-binaries.ts'
import { findOwner } from '../../local/postgres-owner.ts'
import { findServer, startServer, stopServer } from '../../local/postgres-server.ts'
import { isAlive, sendSignal, waitUntil } from '../../local/processes.ts'

const endLimitMs = 20_000

/**
 * Ends the server of the data folder as a crash does: no transaction ends, no client is told. Answers how to
 * start it again on its port; that answers how to stop what was started, which the launcher does not know.
 */
export const crashPostgres = async (
  dir: string,
): Promise<() => Promise<() => Promise<void>>> => {
  const server = findServer(dir)
  if (!server) throw new Error(`No PostgreSQL works in "${dir}"`)
  sendSignal(server.pid, 'SIGQUIT')
  if (!await waitUntil(() => !isAlive(server.pid), endLimitMs)) {
    throw new Error('PostgreSQL does not end')
  }
  return async () => {
    const owner = findOwner()
    const binaries = locateBinaries(owner)
    const logFile = join(dir, '..', 'logs', 'postgres.log')
    const { port } = server
    const next = await startServer({ dir, port, logFile, durable: true, owner, binaries })
    return () => stopServer(dir, next.pid, binaries)
  }
}
