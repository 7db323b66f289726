/**
 * `npm start`: from nothing to a serving system. Starts what the environment does not name,
 * migrates, starts the app, connects the demo's accounts and shows the orders coming in.
 * `--once` does the same job, prints a summary (JSON, last line) and exits.
 */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { configFault, environment, readPlugins } from '#core/config.ts'
import { openDatabase } from '#core/db/scope.ts'
import { openHost } from '#core/host/host.ts'
import { isMarketplace } from '#core/plugin.ts'
import { startAppProcess } from './app-process.ts'
import { connectDemo, type DemoSeller, ensureDemoSellers, writeDemoFile } from './demo.ts'
import { openHome } from './local/home.ts'
import { type Parts, startParts } from './local/parts.ts'
import { assertPortFree } from './local/ports.ts'
import { migrateAll } from './migrate.ts'
import { createProgress } from './progress.ts'
import { printServing, printSummary, readSummary } from './summary.ts'
import { watchRuns } from './watch-runs.ts'

const usage = `npm start [-- --once]

  --once   do the whole job, print a summary as one line of JSON, and exit
  --help   this text

PORT moves the port (8787), ROBNU_HOME the folder of the local parts (.robnu).
`
/** An hour of the sandboxes' clocks a second: tokens expire and orders change while one looks on. */
const sandboxSpeed = 3_600
const defaultPort = 8787

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { once: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) return say(usage)
  const begun = Date.now()
  const faults: string[] = []
  const { plugins: entries, configDir } = readPlugins(environment, faults)
  const port = Number(environment['PORT'] || defaultPort)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    faults.push('PORT: must be a whole number from 0 to 65535')
  }
  if (faults.length > 0) throw configFault(faults)
  if (port !== 0) await assertPortFree(port)
  const host = await openHost(entries, configDir)

  const home = openHome(environment['ROBNU_HOME'] || '.robnu')
  const stops: (() => unknown)[] = [home.close]
  const stopping = createStopper(stops)
  try {
    const parts = await startParts({
      home,
      env: environment,
      plugins: host.plugins.map(({ plugin, url }) => ({ id: plugin.id, url })),
      sandboxSpeed,
      say,
    })
    stops.push(parts.stop)
    await prepareDatabase(parts)
    const sellers = await ensureSellers(parts, home)

    say('Starting the app')
    const logFile = join(home.logs, 'app.log')
    const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
    const app = await startAppProcess({
      env: { ...parts.env, PORT: String(port) },
      onLine: (line) => log.write(`${line}\n`),
    })
    stops.push(() => app.child.stop())
    app.child.exited.then(() => stopping.begin('The app has ended; see its log', 1))
    const url = app.url.replace('127.0.0.1', 'localhost')
    const demoFile = writeDemoFile(home, url, sellers)

    const codeOf = (id: string) =>
      host.plugins.map(({ plugin }) => plugin).filter(isMarketplace).find((m) => m.id === id)?.code
    say('Connecting the demo accounts and syncing their orders')
    const runs = await connectDemo(url, sellers, parts.sandboxes, codeOf)
    const watching = {
      isStopping: stopping.isBegun,
      sleep: (ms: number) => sleep(ms),
      now: Date.now,
    }
    await watchRuns(runs, createProgress(), watching)
    const summary = await readSummary(parts, sellers, (Date.now() - begun) / 1000)
    printSummary(summary, runs, say)
    if (values.once) {
      await stopping.end()
      say(JSON.stringify(summary))
      return
    }
    printServing({ url, sellers, demoFile, logFile }, say)
    await stopping.done
  } catch (error) {
    await stopping.end()
    if (!stopping.isBegun()) throw error
  }
}

const prepareDatabase = async (parts: Parts): Promise<void> => {
  if (!parts.env['DATABASE_OWNER_URL']) {
    return say('DATABASE_OWNER_URL is not set: the database is taken to be migrated')
  }
  const { applied } = await migrateAll(parts.env, () => {})
  say(applied.length === 0 ? 'The database is up to date' : `Applied ${applied.length} migrations`)
}

const ensureSellers = async (
  parts: Parts,
  home: ReturnType<typeof openHome>,
): Promise<readonly DemoSeller[]> => {
  const db = await openDatabase({
    url: parts.env['DATABASE_URL'] ?? '',
    platformUrl: parts.env['DATABASE_PLATFORM_URL'] ?? '',
    maxConnections: 2,
  })
  try {
    return await ensureDemoSellers(db, home)
  } finally {
    await db.close()
  }
}

/** Ctrl-C, SIGTERM, the end of npm or of the app: everything stops once, in the reverse order. */
const createStopper = (stops: (() => unknown)[]) => {
  let begun = false
  let finish: () => void = () => {}
  const done = new Promise<void>((resolve) => finish = resolve)
  let ending: Promise<void> | undefined
  const end = (): Promise<void> =>
    ending ??= (async () => {
      for (const stop of stops.splice(0).reverse()) {
        await Promise.resolve(stop()).catch((error: unknown) =>
          process.stderr.write(`Stopping: ${error}\n`)
        )
      }
      finish()
    })()
  const begin = (why: string, code: number): void => {
    if (begun || ending) return
    begun = true
    say(`${why}: stopping`)
    process.exitCode = code
    void end()
  }
  process.on('SIGINT', () => begin('Ctrl-C', 130))
  process.on('SIGTERM', () => begin('SIGTERM', 143))
  const parent = process.ppid
  // `npm start` that is killed leaves us behind with another parent
  setInterval(() => process.ppid !== parent && begin('npm is gone', 0), 1_000).unref()
  return { begin, end, done, isBegun: () => begun }
}

main().then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  },
)
