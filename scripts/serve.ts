/** The app: API, worker and sweeps of one process, as `ROBNU_RUN` says. Configured by environment alone. */
import process from 'node:process'
import { boot } from '#core/boot.ts'
import { environment, readConfig } from '#core/config.ts'
import { createLog } from '#core/log.ts'
import { createLines } from './lines.ts'

/** A launcher that is gone cannot stop us any more, so its children look after it. */
const parentCheckMs = 1_000

const lines = createLines((text) => void process.stdout.write(text))
process.on('exit', lines.flush)

const main = async (): Promise<void> => {
  const config = readConfig(environment)
  const log = createLog(
    lines.write,
    () => new Date(),
    config.ROBNU_LOG,
  )
  const app = await boot(config, { log })
  let stopping: Promise<void> | undefined
  const stop = (why: string): void => {
    if (stopping) return
    log.info('app.stopping', { why })
    stopping = app.stop().then(
      () => process.exit(0),
      (error) => {
        log.error('app.stop-failed', { error })
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  if (environment['ROBNU_PARENT'] !== undefined) {
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && stop('the launcher is gone'), parentCheckMs)
      .unref()
  }
  await app.start()
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
})
