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
  let figures: Record<string, unknown> | undefined
  const code = await vitest([file], env, (line) => {
    if (line.startsWith(`${word}: {`)) figures = JSON.parse(line.slice(word.length + 2))
  })
  if (code !== 0 || figures === undefined) throw new Error(`${file} did not prove it`)
  return figures
}

/** Runs the files together. Throws when a test fails. */
export const runSuites = async (files: readonly string[]): Promise<void> => {
  if (await vitest(files, {}, () => {}) !== 0) throw new Error(`${files[0]} … did not prove it`)
}

const vitest = async (
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Promise<unknown> => {
  const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
  const tool = ['node_modules/vitest/vitest.mjs', 'run', '--config=tests/vitest.config.ts']
  const child = spawn(process.execPath, [...runtime, ...tool, ...files], {
    cwd: root,
    env: { ...env, ...process.env, ROBNU_PROOFS: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    onLine(line)
    if (line.trim() !== '') say(line)
  }
  return await new Promise((resolve) =>
    child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode)
  )
}
