/** The app of one process: API, worker and sweeps, until it is asked to stop. */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { boot } from '#core/boot.ts'
import { readSoundConfig } from '#core/boot/refusal.ts'
import { configFault, readPlugins } from '#core/config.ts'
import { createLog } from '#core/log.ts'
import type { CommandIo, ExitCode } from './cli/command.ts'
import { createLines } from './lines.ts'

/** A launcher that is gone cannot stop us any more, so its children look after it. */
const parentCheckMs = 1_000

export const serveApp = async (args: readonly string[], io: CommandIo): Promise<ExitCode> => {
  parseArgs({ args: [...args], options: {} })
  const config = await readSoundConfig(io.env)
  // as it is: what is secret never comes to a log, and tests look for it there
  const stream = io.json ? process.stderr : process.stdout
  const lines = createLines((text) => void stream.write(text))
  process.on('exit', lines.flush)
  const log = createLog(lines.write, io.now, config.ROBNU_LOG)
  const readAgain = () => {
    const faults: string[] = []
    const read = readPlugins(io.env, faults)
    if (faults.length > 0) throw configFault(faults)
    return read
  }
  const app = await boot(config, { log, readPlugins: readAgain })

  const stopped = Promise.withResolvers<void>()
  let isStopping = false
  const stop = (why: string): void => {
    if (isStopping) return
    isStopping = true
    log.info('app.stopping', { why })
    app.stop().then(stopped.resolve, (error) => {
      log.error('app.stop-failed', { error })
      stopped.reject(error)
    })
  }
  const onAbort = () => stop(io.signal.reason?.message ?? 'asked to')
  if (io.signal.aborted) return 0
  io.signal.addEventListener('abort', onAbort, { once: true })
  const parent = process.ppid
  const watch = io.env['ROBNU_PARENT'] === undefined ? undefined : setInterval(
    () => process.ppid !== parent && stop('the launcher is gone'),
    parentCheckMs,
  )
  watch?.unref()
  const started = app.start().then(
    () => io.result({ url: app.url() ?? null, run: config.ROBNU_RUN }),
    (error) => {
      // what was cut off on its way up is on its way down
      if (!isStopping) throw error
    },
  )
  try {
    await Promise.race([started, stopped.promise])
    await stopped.promise
  } finally {
    clearInterval(watch)
    lines.flush()
  }
  return 0
}
