/**
 * From nothing to a serving system. Starts what the environment does not name, migrates, starts the
 * app, connects the demo's accounts and shows the orders coming in.
 */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSoundConfig } from '#core/boot/refusal.ts'
import type { Environment } from '#core/config.ts'
import { openDatabase } from '#core/db/scope.ts'
import { openHost, stopProcesses } from '#core/host/host.ts'
import { needsLogin } from '#core/host/isolated/login-sql.ts'
import { isMarketplace } from '#core/plugin.ts'
import { startAppProcess } from './app-process.ts'
import type { CommandIo } from './cli/command.ts'
import { exportDemo } from './demo-export.ts'
import { connectDemo, type DemoSeller, ensureDemoSellers, writeDemoFile } from './demo.ts'
import { openHome } from './local/home.ts'
import { type Parts, startParts } from './local/parts.ts'
import { assertPortFree } from './local/ports.ts'
import { tellRunning } from './local/running.ts'
import { migrateAll } from './migrate.ts'
import { createProgress } from './progress.ts'
import { createStopping } from './stopping.ts'
import { printExport, printServing, printSummary, readSummary } from './summary.ts'
import { watchRuns } from './watch-runs.ts'

/** An hour of the sandboxes' clocks a second: tokens expire and orders change while one looks on. */
const sandboxSpeed = 3_600

/** `once`: the same job, a summary, and the end. Resolves when everything has stopped. */
export const launch = async (
  io: CommandIo,
  { once }: { readonly once: boolean },
): Promise<void> => {
  const { say, env: environment } = io
  const stream = io.json ? process.stderr : process.stdout
  const begun = Date.now()
  const { PORT: port, plugins: entries, configDir } = await readSoundConfig(
    withStandIns(environment),
  )
  if (port !== 0) await assertPortFree(port)
  const host = await openHost(entries, configDir)
  // what they declare is known: the app has processes of its own
  await stopProcesses(host.plugins)
  const isolated = host.plugins.filter((one) => one.process)

  const home = openHome(environment['ROBNU_HOME'] || '.robnu')
  const stopping = createStopping(say)
  const { unlessAsked } = stopping
  stopping.add(home.close)
  try {
    const parts = await startParts({
      home,
      env: environment,
      plugins: host.plugins.map(({ plugin, url, process }) => ({
        ...{ id: plugin.id, url },
        needsLogin: process !== undefined && needsLogin(plugin),
      })),
      sandboxSpeed,
      say,
    })
    stopping.add(parts.stop)
    stopping.add(tellRunning(home, environment, parts.env))
    await unlessAsked(prepareDatabase(parts, say))
    const sellers = await unlessAsked(ensureSellers(parts, home))

    say('Starting the app')
    const logFile = join(home.logs, 'app.log')
    const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
    const app = await unlessAsked(startAppProcess({
      env: { ...parts.env, PORT: String(port) },
      hasProcesses: isolated.length > 0,
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
    const ended = await unlessAsked(watchRuns(runs, createProgress(stream), watching))
    const seconds = (Date.now() - begun) / 1000
    const summary = await unlessAsked(readSummary(parts, sellers, seconds))
    printSummary(summary, ended, say)
    const first = runs[0]
    const made = first && await unlessAsked(exportDemo(first.client, watching))
    if (made) printExport(first.seller, made, say)
    if (once) {
      await stopping.end()
      // for who reads lines: the last one is data
      say(JSON.stringify(summary))
      io.result(summary)
      return
    }
    io.result(summary)
    printServing({ url, sellers, demoFile, logFile, accountId: runs[0]?.accountId }, say)
    await unlessAsked(new Promise(() => {}))
  } catch (error) {
    if (!stopping.isAsked()) throw error
  } finally {
    await stopping.end()
  }
}

/** What the launcher fills in later stands in for itself, so that every other fault is told now. */
const withStandIns = (env: Environment): Environment => ({
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

const prepareDatabase = async (parts: Parts, say: (line: string) => void): Promise<void> => {
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
