/** Commands find the local parts that a running `robnu start` has, where no database is named. */
import { resolve } from 'node:path'
import { readRunning } from '../local/running.ts'
import type { CommandIo } from './command.ts'
import { createRedact } from './redact.ts'

/** The same io, its environment filled in and their secrets kept out of what is said. */
export const withLocalParts = (io: CommandIo): CommandIo => {
  if (io.env['DATABASE_URL'] || io.env['DATABASE_URL_FILE']) return io
  const home = resolve(io.cwd, io.env['ROBNU_HOME'] || '.robnu')
  const running = readRunning(home)
  if (running === undefined) return io
  io.warn(`DATABASE_URL is not set: using the local parts of process ${running.pid} in ${home}`)
  const given = Object.entries(io.env).filter(([name, value]) =>
    value !== undefined && (value !== '' || name === 'ROBNU_PLUGINS')
  )
  const env = { ...running.env, ...Object.fromEntries(given) }
  const redact = createRedact(running.env)
  return {
    ...io,
    env,
    say: (line) => io.say(redact(line)),
    warn: (line) => io.warn(redact(line)),
    result: (value) => io.result(JSON.parse(redact(JSON.stringify(value)))),
  }
}
