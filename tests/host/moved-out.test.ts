/** The built-in marketplaces come into the application as one from outside does: moved out, they work. */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished, vi } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { outside } from './support/outside.ts'

vi.setConfig({ testTimeout: 60_000 })

const project = fileURLToPath(new URL('../..', import.meta.url))
const script = fileURLToPath(new URL('support/moved-out.ts', import.meta.url))
const isDeno = 'Deno' in globalThis

/** What a process has loaded, as its runtime's record of coverage names it. */
const loadedIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const report = JSON.parse(readFileSync(join(folder, name), 'utf8'))
      const scripts: readonly { readonly url: string }[] = report.result ?? [report]
      return scripts.map(({ url }) => url)
    })

const marketplaces = [{ id: 'ajio', code: 'AJIO' }, { id: 'amazon', code: 'AMAZON_IN' }]

it('they bring their orders, and no file of the project is loaded for it', async () => {
  const place = outside()
  onTestFinished(place.remove)
  const fresh = await freshDatabase({ ledgerHasMore: 'another process: that of the other folder' })
  onTestFinished(fresh.close)
  for (const { id } of marketplaces) place.copy(`marketplaces/${id}`, `robnu-marketplace-${id}`)
  const coverage = join(place.folder, 'coverage')
  mkdirSync(coverage)
  const runtime = isDeno ? ['run', '-A', `--coverage=${coverage}`] : []
  const asked = [place.configFile, JSON.stringify(marketplaces), JSON.stringify(fresh.urls)]
  const { stdout } = await promisify(execFile)(process.execPath, [...runtime, script, ...asked], {
    cwd: project,
    env: { ...process.env, ...isDeno ? {} : { NODE_V8_COVERAGE: coverage } },
  })
  const told: readonly { readonly id: string; readonly orders: number }[] = JSON.parse(
    stdout.trim().split('\n').at(-1) ?? '',
  )
  expect(told).toMatchObject(marketplaces.map(({ id }) => ({ id, state: 'SUCCEEDED' })))
  for (const { orders } of told) expect(orders).toBeGreaterThan(0)

  const loaded = loadedIn(coverage)
  const ofProject = pathToFileURL(join(project, 'marketplaces')).href
  for (const { id } of marketplaces) {
    const own = pathToFileURL(join(place.folder, `robnu-marketplace-${id}`)).href
    expect(loaded).toContain(`${own}/mod.ts`)
  }
  expect(loaded.filter((url) => url.startsWith(`${ofProject}/`))).toEqual([])
})
