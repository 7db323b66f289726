/** A Redis or Valkey of this machine as a child; without one, BullMQ works on PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { localFault } from './faults.ts'
import { readText, replaceFile } from './files.ts'
import { findFreePort, loopback } from './ports.ts'
import { birthMark, isAlive, sendSignal, waitUntil } from './processes.ts'

const programs = ['redis-server', 'valkey-server']
const startLimitMs = 5_000
const stopLimitMs = 5_000 // nothing is written at the end
const probeMs = 200

export interface RedisOptions {
  /** The folder for `redis.log`; absent: its messages are dropped. */
  readonly log?: string
  /** Where to look for the program; absent: our PATH. */
  readonly path?: string
}
export interface Redis {
  readonly url: string
  /** A second call does nothing. */
  readonly stop: () => Promise<void>
}

/** Undefined when this machine has neither; queues lose nothing then, they live in PostgreSQL. */
export const startRedis = async (options: RedisOptions = {}): Promise<Redis | undefined> => {
  const program = findProgram(options.path ?? process.env['PATH'] ?? '')
  if (program === undefined) return undefined
  if (options.log !== undefined) mkdirSync(options.log, { recursive: true, mode: 0o700 })
  const pidFile = options.log === undefined ? undefined : join(options.log, 'redis.pid')
  if (pidFile !== undefined) await stopLeftOver(pidFile)

  const port = await findFreePort()
  const password = randomBytes(24).toString('hex')
  const child = launch(program, configuration(port, password), options.log)
  let failed: string | undefined
  child.once('error', (error) => failed = error.message)
  child.once('exit', (code) => failed ??= `it ended with ${code}`)
  const { pid } = child
  if (pid === undefined || !await accepts(port, password, () => failed !== undefined)) {
    if (pid !== undefined) await stopProcess(pid)
    throw localFault(`Cannot start "${program}": ${failed ?? 'it does not answer'}`)
  }
  if (pidFile !== undefined) replaceFile(pidFile, note(pid))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await stopProcess(pid)
  }
  return { url: `redis://:${password}@${loopback}:${port}`, stop }
}

const findProgram = (path: string): string | undefined => {
  const end = process.platform === 'win32' ? '.exe' : ''
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  return programs.flatMap((name) => folders.map((folder) => join(folder, name + end)))
    .find((file) => existsSync(file))
}

/** Persists nothing: what must survive is in the outbox. Never evicts: BullMQ's keys must not vanish. */
const configuration = (port: number, password: string): string =>
  [
    `port ${port}`,
    `bind ${loopback}`,
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    'loglevel warning',
  ].join('\n') + '\n'

const launch = (program: string, config: string, log: string | undefined): ChildProcess => {
  const output = log === undefined ? 'ignore' : openSync(join(log, 'redis.log'), 'a', 0o600)
  // by standard input, because arguments can be read by every user of the machine
  const child = spawn(program, ['-'], { stdio: ['pipe', output, output], detached: true })
  if (output !== 'ignore') closeSync(output)
  child.stdin?.on('error', () => {}) // a program that cannot start does not read; its exit tells
  child.stdin?.end(config)
  child.unref()
  return child
}

const accepts = async (port: number, password: string, over: () => boolean): Promise<boolean> => {
  const end = performance.now() + startLimitMs
  while (!over() && performance.now() < end) {
    if (await ping(port, password)) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

const ping = (port: number, password: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: loopback, timeout: probeMs })
    const answer = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('error', () => answer(false)).once('timeout', () => answer(false))
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.includes('+PONG')) answer(true)
    })
  })

const note = (pid: number): string => `${pid}\n${birthMark(pid) ?? ''}\n`

/** A launcher that was killed leaves its Redis running; it holds nothing worth adopting. */
const stopLeftOver = async (pidFile: string): Promise<void> => {
  const text = readText(pidFile)
  const pid = Number(text?.split('\n')[0])
  if (pid > 0 && isAlive(pid) && text === note(pid)) await stopProcess(pid)
}

const stopProcess = async (pid: number): Promise<void> => {
  sendSignal(pid, 'SIGTERM')
  if (await waitUntil(() => !isAlive(pid), stopLimitMs)) return
  sendSignal(pid, 'SIGKILL')
  await waitUntil(() => !isAlive(pid), stopLimitMs)
}
