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
import { type Environment, environment, readConfig } from '#core/config.ts'
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
import { createStopping } from './stopping.ts'
import { printServing, printSummary, readSummary } from './summary.ts'
import { watchRuns } from './watch-runs.ts'

const usage = `npm start [-- --once]

  --once   do the whole job, print a summary as one line of JSON, and exit
  --help   this text

PORT moves the port (8787), ROBNU_HOME the folder of the local parts (.robnu).
`
/** An hour of the sandboxes' clocks a second: tokens expire and orders change while one looks on. */
const sandboxSpeed = 3_600

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { once: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) return say(usage)
  const begun = Date.now()
  const { PORT: port, plugins: entries, configDir } = readConfig(withLocalParts(environment))
  if (port !== 0) await assertPortFree(port)
  const host = await openHost(entries, configDir)

  const home = openHome(environment['ROBNU_HOME'] || '.robnu')
  const stopping = createStopping(say)
  const { unlessAsked } = stopping
  stopping.add(home.close)
  try {
    const parts = await startParts({
      home,
      env: environment,
      plugins: host.plugins.map(({ plugin, url }) => ({ id: plugin.id, url })),
      sandboxSpeed,
      say,
    })
    stopping.add(parts.stop)
    await unlessAsked(prepareDatabase(parts))
    const sellers = await unlessAsked(ensureSellers(parts, home))

    say('Starting the app')
    const logFile = join(home.logs, 'app.log')
    const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
    const app = await unlessAsked(startAppProcess({
      env: { ...parts.env, PORT: String(port) },
      onStart: (child) => stopping.add(child.stop),
      onLine: (line) => log.write(`${line}\n`),
    }))
    app.child.exited.then(() => stopping.ask(`Cannot go on: the app has ended; see ${logFile}`, 1))
    const url = app.url.replace('127.0.0.1', 'localhost')
    const demoFile = writeDemoFile(home, url, sellers)

    const codeOf = (id: string) =>
      host.plugins.map(({ plugin }) => plugin).filter(isMarketplace).find((m) => m.id === id)?.code
    say('Connecting the demo accounts and syncing their orders')
    const runs = await unlessAsked(connectDemo(url, sellers, parts.sandboxes, codeOf))
    const watching = {
      isStopping: stopping.isAsked,
      sleep: (ms: number) => sleep(ms),
      now: Date.now,
    }
    const ended = await unlessAsked(watchRuns(runs, createProgress(), watching))
    const seconds = (Date.now() - begun) / 1000
    const summary = await unlessAsked(readSummary(parts, sellers, seconds))
    printSummary(summary, ended, say)
    if (values.once) {
      await stopping.end()
      say(JSON.stringify(summary))
      return
    }
    printServing({ url, sellers, demoFile, logFile }, say)
    await unlessAsked(new Promise(() => {}))
  } catch (error) {
    if (!stopping.isAsked()) throw error
  } finally {
    await stopping.end()
  }
}

/** What the launcher fills in later stands in for itself, so that every other fault is told now. */
const withLocalParts = (env: Environment): Environment => ({
  DATABASE_URL: 'postgres://local',
  DATABASE_PLATFORM_URL: 'postgres://local',
  ROBNU_JWT_KEYS: '{"keys":[{"kty":"OKP"}]}',
  ROBNU_AUDIT_KEYS: '{"keys":[{"kty":"OKP"}]}',
  ROBNU_SECRET: 'made at the first start, kept under keys',
  // an empty variable is one that is not set, but for the list of plugins
  ...Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== '' || name === 'ROBNU_PLUGINS'),
  ),
})

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

main().then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  },
)
