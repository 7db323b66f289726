/** `npm start` as a process of its own, watched from outside as its user watches it. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../../scripts/proof/support/environment.ts'
import { endProcessesOf, processesOf } from './processes.ts'

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))
/** Bazaar alone, ten orders a page. */
export const bazaarConfig = fileURLToPath(new URL('bazaar.json', import.meta.url))

/** Longer than any start here takes, shorter than a test. */
const patienceMs = 45_000

export interface Launch {
  readonly home: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another one than the launcher. */
  readonly script?: string
  /** The runtime; absent: the one that runs the test. */
  readonly runtime?: readonly string[]
}
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly out: readonly string[]
  readonly errors: string
  readonly ms: number
}
export interface Launched {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Its lines so far. */
  readonly out: () => readonly string[]
  /** The first line that matches, said already or to come; rejects when the end comes before. */
  readonly says: (pattern: RegExp) => Promise<string>
  readonly send: (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => void
}

export const launch = ({ home, args = [], env = {}, script, runtime }: Launch): Launched => {
  const [program = '', ...before] = runtime ?? ownRuntime()
  const child = spawn(program, [...before, script ?? 'scripts/start.ts', ...args], {
    cwd: projectFolder,
    env: { ...cleanEnvironment(), ROBNU_CONFIG: bazaarConfig, ROBNU_HOME: home, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const begun = performance.now()
  const out: string[] = []
  let rest = ''
  let errors = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    out.push(...lines)
    for (const look of waiting) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors += text)
  const ended = new Promise<Ended>((resolve) => {
    // what was started may hold the pipes open: `close` would wait for it
    child.once('exit', (code, signal) =>
      setTimeout(() => {
        if (rest !== '') out.push(rest)
        resolve({ code, signal, out, errors, ms: performance.now() - begun })
      }, 50))
  })
  return {
    pid: child.pid ?? 0,
    ended,
    out: () => out,
    send: (signal) => {
      const hasEnded = child.exitCode !== null || child.signalCode !== null
      if (child.pid !== undefined && !hasEnded) process.kill(child.pid, signal)
    },
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) =>
          reject(new Error(`${why} before it said ${pattern}:\n${out.join('\n')}\n${errors}`))
        const look = () => {
          const line = out.find((one) => pattern.test(one))
          if (line === undefined) return
          waiting.delete(look)
          clearTimeout(timer)
          resolve(line)
        }
        const timer = setTimeout(() => fail(`${patienceMs} ms went by`), patienceMs)
        waiting.add(look)
        look()
        void ended.then(() => {
          clearTimeout(timer)
          fail('It ended')
        })
      }),
  }
}

export interface TempHome {
  readonly path: string
  /** Ends what still runs on it and removes it. */
  readonly remove: () => Promise<void>
}

/** An empty folder that another user may pass through: PostgreSQL never runs as root. */
export const tempHome = (): TempHome => {
  const outer = mkdtempSync(join(tmpdir(), 'robnu-start-'))
  chmodSync(outer, 0o711)
  const path = join(outer, 'home')
  return {
    path,
    remove: async () => {
      await endProcessesOf(path)
      rmSync(outer, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Waits until nothing runs on the folder any more; what is left after that. */
export const leftRunning = async (home: string, limitMs = 20_000): Promise<readonly string[]> => {
  const end = performance.now() + limitMs
  for (;;) {
    const left = processesOf(home)
    if (left.length === 0 || performance.now() > end) return left.map(({ command }) => command)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const ownRuntime = (): readonly string[] => [
  process.execPath,
  ...'Deno' in globalThis ? ['run', '-A'] : [],
]
