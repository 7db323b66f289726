/** `npm test` and `deno task test`: named checks in order, then the suite. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

interface Step {
  readonly name: string
  readonly command: readonly string[]
  /** Why the step has nothing to do here. */
  readonly leftOut?: string | undefined
}

const root = fileURLToPath(new URL('..', import.meta.url))
const suiteArgs = process.argv.slice(2)
const runtime = 'Deno' in globalThis ? 'Deno' : 'Node'
const run = runtime === 'Deno' ? [process.execPath, 'run', '-A'] : [process.execPath]
// the package's own `deno` file is missing where its platform has no binary
const deno = ['node_modules/deno/deno', 'node_modules/deno/deno.exe'].find((path) =>
  existsSync(`${root}${path}`)
)

/** What says the same on both runtimes is asked once, on Node. */
const neutral = (): string | undefined => {
  if (runtime === 'Deno') return 'says the same under npm test, which runs it'
  return suiteArgs.some((arg) => !arg.startsWith('-'))
    ? 'only named tests were asked for'
    : undefined
}
const needsDeno = (): string | undefined =>
  neutral() ?? (deno === undefined ? 'the package deno has no binary for this platform' : undefined)

const typeCheck = runtime === 'Deno'
  ? [process.execPath, 'check']
  : [...run, 'node_modules/typescript/bin/tsc', '--noEmit']

const steps: readonly Step[] = [
  { name: 'format', command: [deno ?? 'deno', 'fmt', '--check'], leftOut: needsDeno() },
  { name: 'lint', command: [deno ?? 'deno', 'lint'], leftOut: needsDeno() },
  { name: 'types', command: typeCheck, leftOut: runtime === 'Node' ? neutral() : undefined },
  {
    name: 'dead code',
    command: [...run, 'node_modules/knip/bin/knip.js', '--no-progress'],
    leftOut: neutral(),
  },
  {
    name: 'suite',
    command: [
      ...run,
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config=tests/vitest.config.ts',
      ...suiteArgs,
    ],
  },
]

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** The exit code; a signal to us goes on to the child, so that nothing stays behind. */
const runCommand = ([file = '', ...args]: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const colour = process.stdout.isTTY ? {} : { NO_COLOR: '1' }
    const child = spawn(file, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...colour, ROBNU_SUITE: '1' },
    })
    const pass = (signal: NodeJS.Signals): void => {
      child.kill(signal)
    }
    process.on('SIGINT', pass).on('SIGTERM', pass)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass)
      if (signal !== null) say(`Ended by ${signal}`)
      resolve(code ?? 1)
    })
  })

/** All steps run, so that one look shows every fault; the first failure gives the exit code. */
const runSteps = async (): Promise<number> => {
  const summary: string[] = []
  let firstFailure = 0
  for (const { name, command, leftOut } of steps) {
    if (leftOut !== undefined) {
      summary.push(`  ${name.padEnd(10)} left out: ${leftOut}`)
      continue
    }
    say(`\n── ${name} (${runtime})`)
    const startedAt = performance.now()
    const code = await runCommand(command)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const outcome = code === 0 ? 'passed' : `FAILED with exit code ${code}`
    summary.push(`  ${name.padEnd(10)} ${outcome} in ${seconds} s`)
    if (firstFailure === 0) firstFailure = code
  }
  say(`\n── summary (${runtime})\n${summary.join('\n')}`)
  return firstFailure
}

process.exitCode = await runSteps()
