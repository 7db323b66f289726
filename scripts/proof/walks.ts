/**
 * Three sellers at a time walk through the whole application at random, and every answer is judged
 * by a model that knows which row belongs to whom: the suite's own walks, some thousand of them.
 */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Proof } from '../proof.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const defaultWalks = '5000'
const test = 'tests/isolation/walks.test.ts'
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/**
 * `ROBNU_WALKS` says how many, `ROBNU_WALK_SEED` which ones; with `ROBNU_WALK_PATH` of a failure's
 * report only that walk is taken.
 */
export const run = async (): Promise<Proof> => {
  const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
  const child = spawn(process.execPath, [
    ...runtime,
    ...['node_modules/vitest/vitest.mjs', 'run', '--config=tests/vitest.config.ts', test],
  ], {
    cwd: root,
    env: { ROBNU_WALKS: defaultWalks, ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let figures: Record<string, unknown> | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    const told = /^Walked: (\{.*\})$/.exec(line)?.[1]
    if (told !== undefined) figures = JSON.parse(told)
    if (line.trim() !== '') say(line)
  }
  const code = await new Promise((resolve) =>
    child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode)
  )
  if (code !== 0 || figures === undefined) throw new Error("A walk met what is another seller's")
  return { name: 'walks', figures }
}
