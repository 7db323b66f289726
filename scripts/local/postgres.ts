/** The embedded PostgreSQL of `npm start` and of the tests. */
import { mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { withOperations } from '#core/db/operations.ts'
import { codeOf, localFault } from './faults.ts'
import { ensureSecret } from './files.ts'
import { type Lock, takeLock } from './lock.ts'
import { assertPortFree, findFreePort, loopback } from './ports.ts'
import { type Binaries, locateBinaries } from './postgres-binaries.ts'
import { ensureCluster, superuser } from './postgres-cluster.ts'
import { findOwner, type Owner } from './postgres-owner.ts'
import { findServer, type Server, startServer, stopServer, waitReady } from './postgres-server.ts'

export interface PostgresOptions {
  /** The data folder; made when missing. */
  readonly dir: string
  /** Of 127.0.0.1; absent: any free one. */
  readonly port?: number
  /** Off only where losing the data is harmless: tests. */
  readonly durable?: boolean
  /** The folder for `postgres.log`; absent: `<dir>.log`. */
  readonly log?: string
  /** Holds the superuser's password; absent: `<dir>/../keys/postgres-superuser`. */
  readonly passwordFile?: string
}
export interface Postgres {
  readonly port: number
  readonly pid: number
  /** Whether the server was found running, left by a launcher that was killed. */
  readonly adopted: boolean
  readonly superuserUrl: (database?: string) => string
  /** Stops the server and gives the folder back. A second call does nothing. */
  readonly stop: () => Promise<void>
}

/** Starts PostgreSQL, or adopts the one that a killed launcher left; every failure is one sentence. */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const dir = prepareFolder(options.dir)
  const lock = takeLock(`${dir}.lock`, (pid) =>
    localFault(
      `Cannot start PostgreSQL in "${dir}": process ${pid} already runs it; stop that one or use another folder`,
    ))
  try {
    const owner = findOwner()
    const binaries = locateBinaries(owner)
    const password = readPassword(dir, options.passwordFile)
    const left = await takeOver(dir, options.port, binaries)
    const server = left ?? await startFresh(dir, options, binaries, owner, password.text)

    const superuserUrl = (database = 'postgres'): string =>
      `postgres://${superuser}:${password.text}@${loopback}:${server.port}/${database}?sslmode=disable`
    const end = (): Promise<void> => stopServer(dir, server.pid, binaries)
    await assertLogin(superuserUrl(), password.file).catch(async (error) => {
      await end()
      throw error
    })
    return { ...server, adopted: left !== undefined, superuserUrl, stop: once(end, lock) }
  } catch (error) {
    lock.release()
    throw error
  }
}

const prepareFolder = (path: string): string => {
  const wanted = resolve(path)
  mkdirSync(dirname(wanted), { recursive: true, mode: 0o711 }) // see openHome
  return join(realpathSync(dirname(wanted)), basename(wanted))
}

const readPassword = (dir: string, given: string | undefined): { file: string; text: string } => {
  const file = given ?? join(dirname(dir), 'keys', 'postgres-superuser')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  return { file, text: ensureSecret(file) }
}

/** The server left running in the folder, unless another port is wanted: then that one is stopped. */
const takeOver = async (
  dir: string,
  port: number | undefined,
  binaries: Binaries,
): Promise<Server | undefined> => {
  const left = findServer(dir)
  if (!left) return undefined
  if (port === undefined || port === left.port) {
    await waitReady(dir, left.pid)
    return { pid: left.pid, port: left.port }
  }
  await stopServer(dir, left.pid, binaries)
  return undefined
}

const startFresh = async (
  dir: string,
  options: PostgresOptions,
  binaries: Binaries,
  owner: Owner | undefined,
  password: string,
): Promise<Server> => {
  if (options.port !== undefined) await assertPortFree(options.port)
  ensureCluster(dir, binaries, owner, password)
  if (options.log !== undefined) mkdirSync(options.log, { recursive: true, mode: 0o700 })
  const logFile = options.log === undefined ? `${dir}.log` : join(options.log, 'postgres.log')
  const durable = options.durable ?? true
  const port = options.port ?? await findFreePort()
  return await startServer({ dir, port, logFile, durable, owner, binaries })
}

const assertLogin = async (url: string, passwordFile: string): Promise<void> => {
  try {
    await withOperations(url, (sql) => sql`select 1`)
  } catch (error) {
    if (codeOf(error) !== '28P01') throw error
    throw localFault(
      `Cannot log in to the embedded PostgreSQL: "${passwordFile}" does not hold the password that its data was made with; put the file back or remove the data`,
    )
  }
}

const once = (end: () => Promise<void>, lock: Lock): () => Promise<void> => {
  let ending: Promise<void> | undefined
  return () => ending ??= end().finally(lock.release)
}
