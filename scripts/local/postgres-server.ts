/** One running PostgreSQL: how it is started, found again, waited for and stopped. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { localFault } from './faults.ts'
import { readText } from './files.ts'
import { loopback } from './ports.ts'
import type { Binaries } from './postgres-binaries.ts'
import { commandOn, type Owner } from './postgres-owner.ts'
import { isAlive, sendSignal, waitUntil, worksIn } from './processes.ts'

const startLimitMs = 60_000 // after a crash the server first replays its log
const fastStopMs = 10_000
const immediateStopMs = 5_000
const maxLogBytes = 1_048_576

export interface Server {
  readonly pid: number
  readonly port: number
}
export interface ServerOptions {
  readonly dir: string
  readonly port: number
  readonly logFile: string
  readonly durable: boolean
  readonly owner: Owner | undefined
  readonly binaries: Binaries
}

/** The server that works on the folder, left by a launcher that was killed; its lock file alone proves nothing. */
export const findServer = (dir: string): Server | undefined => {
  const noted = readLockFile(dir)
  if (!noted || !isAlive(noted.pid)) return undefined
  if (worksIn(noted.pid, dir)) return noted
  rmSync(join(dir, 'postmaster.pid'), { force: true }) // the id now belongs to another program
  return undefined
}

/** Resolves when the server accepts connections. */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const { dir, port, logFile } = options
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) rmSync(logFile)
  // the server writes to the file itself: its messages survive us, and no full pipe can stop it
  const log = openSync(logFile, 'a', 0o600)
  const before = statSync(logFile).size
  const command = commandOn(dir, options.owner, options.binaries.postgres, (data) => [
    ...['-D', data, '-p', String(port)],
    ...settings(options.durable).flatMap((setting) => ['-c', setting]),
  ])
  const child = spawn(command.program, command.args, {
    ...command.options,
    stdio: ['ignore', log, log],
    detached: true, // Ctrl-C must not reach it before the app has drained
  })
  closeSync(log)
  child.unref()
  let ended: string | undefined
  child.once('error', (error) => ended = error.message)
  const onExit = (): void => void (ended ??= lastMessage(logFile, before))
  child.once('exit', onExit)

  await waitUntil(() => ended !== undefined || isReady(dir, child.pid), startLimitMs)
  if (ended !== undefined || child.pid === undefined) {
    throw localFault(`Cannot start PostgreSQL in "${dir}": ${ended ?? 'it did not start'}`)
  }
  if (isReady(dir, child.pid)) {
    // a later end is no failure of the start, and its log may be gone by then
    child.off('exit', onExit)
    return { pid: child.pid, port }
  }
  await stopServer(dir, child.pid, options.binaries)
  throw localFault(`Cannot start PostgreSQL in "${dir}": not ready after ${startLimitMs / 1000} s`)
}

/** Waits for a server that was found while it was still starting. */
export const waitReady = async (dir: string, pid: number): Promise<void> => {
  if (await waitUntil(() => isReady(dir, pid), startLimitMs)) return
  throw localFault(`Cannot use PostgreSQL in "${dir}": process ${pid} does not become ready`)
}

/** Ends open transactions and stops; what does not obey is stopped as if by a crash, which loses no commit. */
export const stopServer = async (dir: string, pid: number, binaries: Binaries): Promise<void> => {
  if (process.platform === 'win32') {
    spawnSync(binaries.pgCtl, ['stop', '-D', dir, '-m', 'fast', '-t', String(fastStopMs / 1000)])
  } else {
    sendSignal(pid, 'SIGINT')
  }
  if (await waitUntil(() => !isAlive(pid), fastStopMs)) return
  sendSignal(pid, 'SIGQUIT')
  if (await waitUntil(() => !isAlive(pid), immediateStopMs)) return
  throw localFault(`Cannot stop PostgreSQL in "${dir}": process ${pid} does not end`)
}

const settings = (durable: boolean): string[] => [
  `listen_addresses=${loopback}`,
  'unix_socket_directories=',
  'max_connections=100',
  'password_encryption=scram-sha-256',
  'timezone=UTC',
  'log_timezone=UTC',
  'logging_collector=off',
  'log_destination=stderr',
  'log_checkpoints=off',
  // No value of a row may reach the log. Errors quote values ('invalid input syntax … "x"'); the app has them
  // anyway, so the log keeps the server's own state alone. The other lines hold should somebody raise the level
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_statement=none',
  'log_min_duration_statement=-1',
  'log_parameter_max_length=0',
  'log_parameter_max_length_on_error=0',
  ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
]

const isReady = (dir: string, pid: number | undefined): boolean => {
  const noted = readLockFile(dir)
  return noted !== undefined && noted.pid === pid && noted.status === 'ready'
}

/** The lines of PostgreSQL's own file: 1 process, 4 port, 8 status. */
const readLockFile = (dir: string): Server & { status: string } | undefined => {
  const lines = readText(join(dir, 'postmaster.pid'))?.split('\n') ?? []
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  return pid > 0 && port > 0 ? { pid, port, status: (lines[7] ?? '').trim() } : undefined
}

const lastMessage = (logFile: string, from: number): string => {
  const text = readFileSync(logFile).subarray(from).toString('utf8')
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const told = lines.findLast((line) => line.includes('FATAL')) ?? lines.at(-1)
  return told?.replace(/^.*?FATAL:\s*/, '') ?? 'it ended without a message'
}
