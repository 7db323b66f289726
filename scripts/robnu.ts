/**
 * `robnu`: every command of the house, one file each in `cli/commands`. `npx robnu <command>`,
 * `deno task robnu <command>`; `--help` lists them.
 */
import process from 'node:process'
import { environment } from '#core/config.ts'
import { version } from '#core/version.ts'
import { openCommands } from './cli/commands.ts'
import { runRobnu } from './cli/run.ts'

/** A second Ctrl-C ends at once; npm and the terminal send the first one twice. */
const secondAfterMs = 1_000
const numbers = { SIGINT: 130, SIGTERM: 143 } as const

/** Ends the process. */
export const main = async (argv: readonly string[]): Promise<never> => {
  const stopping = new AbortController()
  let by: keyof typeof numbers | undefined
  let askedAt = 0
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (by === undefined) askedAt = performance.now()
      else if (name === 'SIGINT' && performance.now() - askedAt > secondAfterMs) {
        process.exit(numbers[name])
      }
      by ??= name
      stopping.abort(new Error(name))
    })
  }
  // who read along has gone, as `head` does
  process.stdout.on(
    'error',
    (error) => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1),
  )
  const code = await runRobnu(argv, { commands: openCommands(), version }, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: environment,
    cwd: process.cwd(),
    now: () => new Date(),
    signal: stopping.signal,
  })
  await Promise.all([process.stdout, process.stderr].map(flushed))
  // what ended well on being asked to is done; what was cut off says by what
  if (by !== undefined && code === 1) process.exit(process.exitCode || numbers[by])
  process.exit(code || Number(process.exitCode ?? 0))
}

/** A pipe takes what it can at once, and `exit` would not wait for the rest. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()))
