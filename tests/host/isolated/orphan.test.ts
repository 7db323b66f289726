/** A plugin's process ends with ours, however ours ends, and never keeps it. */
import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { bazaarDir } from '../../support/bazaar/world.ts'

const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
const script = fileURLToPath(new URL('./parent.ts', import.meta.url))

let parent: ChildProcess | undefined
afterEach(() => void parent?.kill('SIGKILL'))

/** The process id of the plugin's process. */
const startParent = async (...more: readonly string[]): Promise<number> => {
  const child = spawn(
    process.execPath,
    [...runtime, script, `file://${bazaarDir}mod.ts`, ...more],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  parent = child
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, pid } = JSON.parse(line)
    if (event === 'plugin.started') return pid
  }
  throw new Error('The plugin was not started')
}
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const gone = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe("a plugin's process", () => {
  it('ends when ours is killed', async () => {
    const pid = await startParent('stays')
    expect(isAlive(pid)).toBe(true)
    parent?.kill('SIGKILL')
    await gone(pid)
  })

  it('does not keep ours when nothing is in hand', async () => {
    const pid = await startParent()
    const code = await new Promise((resolve) => parent?.once('exit', resolve))
    expect(code).toBe(0)
    await gone(pid)
  })
})
