/**
 * How much memory work takes in a process that does nothing else: the most that is resident while it runs,
 * above what was resident after the process had stood idle. Nothing is collected on demand, neither before
 * nor meanwhile.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'

export interface Taken {
  readonly seconds: number
  readonly idleMiB: number
  readonly grownMiB: number
}

/** In that process: measures the work, tells it, and ends. */
export const tellTaken = async (idleMs: number, work: () => Promise<unknown>): Promise<never> => {
  await wait(idleMs)
  const resident = (): number => process.memoryUsage.rss() / 2 ** 20
  const idle = resident()
  let most = idle
  const sampling = setInterval(() => {
    most = Math.max(most, resident())
  }, 10)
  const began = performance.now()
  await work()
  const seconds = (performance.now() - began) / 1_000
  clearInterval(sampling)
  const taken: Taken = {
    ...{ seconds, idleMiB: Math.round(idle), grownMiB: Math.round(most - idle) },
  }
  process.stdout.write(`${JSON.stringify(taken)}\n`, () => process.exit(0))
  return await new Promise(() => {})
}

const start = (args: readonly string[]) =>
  spawn(process.execPath, [...'Deno' in globalThis ? ['run', '-A'] : [], ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** Starts it: a file that reads its order from its first argument and calls `tellTaken`. */
export const takenBy = async (file: URL, order: object): Promise<Taken> => {
  const { stdout } = start([file.pathname, JSON.stringify(order)])
  let told = ''
  for await (const text of stdout.setEncoding('utf8')) told += text
  return JSON.parse(told)
}

/** A local cloud in a process of its own, so that it holds up nobody's event loop. */
export const startCloudBeside = async (): Promise<{ url: string; child: ChildProcess }> => {
  const child = start([new URL('./cloud-beside.ts', import.meta.url).pathname])
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The cloud did not start')))
    child.stdout.once('data', (data: Uint8Array) => resolve(new TextDecoder().decode(data).trim()))
  })
  return { url, child }
}
