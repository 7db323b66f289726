/** A test of the suite as a long proof: the same file with more rounds, in a process of its own. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/**
 * Runs the file with `env` beneath our own environment, so that whoever starts the proof can say
 * other numbers. `word` begins the line that tells the figures as JSON: `Fuzzed: {…}`. Throws when a
 * test fails or tells none.
 */
export const runTest = async (
  { file, word, env }: {
    readonly file: string
    readonly word: string
    readonly env: Readonly<Record<string, string>>
  },
): Promise<Readonly<Record<string, unknown>>> => {
  const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config=tests/vitest.config.ts']
  const child = spawn(process.execPath, [...runtime, ...vitest, file], {
    cwd: root,
    env: { ...env, ...process.env, ROBNU_PROOFS: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let figures: Record<string, unknown> | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(`${word}: {`)) figures = JSON.parse(line.slice(word.length + 2))
    if (line.trim() !== '') say(line)
  }
  const code = await new Promise((resolve) =>
    child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode)
  )
  if (code !== 0 || figures === undefined) throw new Error(`${file} did not prove it`)
  return figures
}
