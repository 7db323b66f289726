/** A child process of the launcher, above all the app: its lines, its end, and a stop with a limit. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { codeOf, localFault } from './faults.ts'
import { sendSignal } from './processes.ts'

const stopLimitMs = 20_000 // the app drains its requests and jobs in less
const lastLinesMs = 1_000 // a grandchild may hold the pipe open long after the child's end

export interface ChildOptions {
  readonly args?: readonly string[]
  readonly cwd?: string
  /** The child's whole environment; absent: ours. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  readonly stopLimitMs?: number
}
export interface ChildExit {
  readonly code: number | null
  readonly signal: string | null
}
export interface Child {
  readonly pid: number
  /** Resolves when the child has ended and its last line was given to `onLine`; never rejects. */
  readonly exited: Promise<ChildExit>
  /** SIGTERM, then SIGKILL after the limit. Safe to call twice and after the end. */
  readonly stop: () => Promise<ChildExit>
}

/** Starts the program; rejects with one sentence when that is not possible. */
export const startChild = async (command: string, options: ChildOptions = {}): Promise<Child> => {
  const child = spawn(command, [...(options.args ?? [])], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // a group of its own: Ctrl-C goes to the launcher alone, which stops its parts in order
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const exited = endOf(child, options.onLine ?? (() => {}))
  const pid = await started(child, command)
  return { pid, exited, stop: () => stop(child, exited, options.stopLimitMs ?? stopLimitMs) }
}

/** Whether the child ended by itself or as asked: one that has no handler ends by the signal, some report 128 + 15. */
export const endedWell = ({ code, signal }: ChildExit): boolean =>
  code === 0 || code === 143 || signal === 'SIGTERM'

const started = async (child: ChildProcess, command: string): Promise<number> => {
  try {
    if (child.pid === undefined) await once(child, 'spawn')
  } catch (error) {
    throw localFault(`Cannot start "${command}": ${codeOf(error) ?? 'unknown error'}`, error)
  }
  if (child.pid === undefined) throw localFault(`Cannot start "${command}": it has no process id`)
  return child.pid
}

const endOf = (
  child: ChildProcess,
  onLine: NonNullable<ChildOptions['onLine']>,
): Promise<ChildExit> => {
  const lines = Promise.all([
    eachLine(child.stdout, (line) => onLine(line, 'stdout')),
    eachLine(child.stderr, (line) => onLine(line, 'stderr')),
  ])
  return new Promise((resolve) => {
    // the same event tells of a signal that could not be sent: only without a process is it the end
    child.on('error', () => child.pid === undefined && resolve({ code: null, signal: null }))
    child.once('exit', async (code, signal) => {
      await Promise.race([lines, sleep(lastLinesMs)])
      resolve({ code, signal })
    })
  })
}

const eachLine = async (stream: Readable | null, onLine: (line: string) => void): Promise<void> => {
  if (!stream) return
  const reader = createInterface({ input: stream, crlfDelay: Infinity })
  reader.on('line', onLine)
  await once(reader, 'close')
}

/** Signals go by process id: Deno's `child.kill` works once, and afterwards hides how the child ended. */
const stop = async (child: ChildProcess, exited: Promise<ChildExit>, limitMs: number) => {
  const send = (signal: NodeJS.Signals): void => {
    const ended = child.exitCode !== null || child.signalCode !== null
    if (child.pid !== undefined && !ended) sendSignal(child.pid, signal)
  }
  // Windows knows no SIGTERM: there this ends the child at once, and what it held is taken up by a retry
  send('SIGTERM')
  const timer = setTimeout(() => send('SIGKILL'), limitMs)
  try {
    return await exited
  } finally {
    clearTimeout(timer)
  }
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms).unref())
