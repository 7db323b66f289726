/** On Deno the app runs with the published permissions: it reads its own files and that is all. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { denoPermissions } from '../../scripts/app-process.ts'
import { readDemoFile } from '../start/demo.ts'
import { launch, type Launched, leftRunning } from '../start/launcher.ts'
import { projectFolder, type TempHome, tempHome } from '../start/launcher.ts'
import { cleanEnvironment } from '../../scripts/proof/support/environment.ts'
import { processesOf } from '../start/processes.ts'

const inPackage = ['deno', 'deno.exe'].map((name) => join(projectFolder, 'node_modules/deno', name))
const deno = 'Deno' in globalThis ? process.execPath : inPackage.find((file) => existsSync(file))
if (deno === undefined) {
  process.stdout.write(
    'Not checked: what the app may do on Deno, for the package deno has no binary here\n',
  )
}
const probe = fileURLToPath(new URL('deno-probe.mjs', import.meta.url))

describe.skipIf(deno === undefined)('the app on Deno (needs a binary of deno)', () => {
  let home: TempHome
  let launched: Launched
  /** As the running app has them: flags, and what of its environment concerns Deno itself. */
  let given: { readonly flags: readonly string[]; readonly env: Record<string, string> }

  beforeAll(async () => {
    home = tempHome()
    launched = launch({ home: home.path, runtime: [deno ?? '', 'run', '-A'] })
    await launched.says(/^Serving at/)
    given = readGiven(home.path)
  })
  afterAll(async () => {
    launched?.send('SIGINT')
    await launched?.ended
    await home?.remove()
  })

  test('serves, is ready and has synced, with the published permissions and no other', async () => {
    expect(given.flags).toEqual([...denoPermissions])
    expect(given.flags.filter((flag) => /^(-A|--allow-(all|write|run|ffi))/.test(flag))).toEqual([])
    const { url } = readDemoFile(home.path)
    const ready = await fetch(`${url}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }])
    const { length } = launched.out().filter((line) => /: (250|40) orders, /.test(line))
    expect(length).toBe(2)
    expect(readFileSync(join(home.path, 'logs/app.log'), 'utf8')).toContain('"app.ready"')
  })

  test('can neither write a file nor start a program nor read outside of its folder', () => {
    const outcomes = tryEverything(makeFolder(tmpdir()), given)
    for (const kind of ['reading', 'starting', 'writing'] as const) {
      expect(grantedIn(outcomes[kind]), kind).toEqual([])
    }
  })

  test('can write nothing in the folder that it reads either', () => {
    const folder = makeFolder(join(projectFolder, 'node_modules'))
    const before = readdirSync(folder)
    const outcomes = tryEverything(folder, given)
    expect(grantedIn(outcomes.writing)).toEqual([])
    expect(grantedIn(outcomes.starting)).toEqual([])
    expect(outcomes.reading['Deno.readTextFile']).toBe('done')
    expect(outcomes.writing['fs.writeFileSync']).toMatch(/^NotCapable: Requires write access/)
    expect(readdirSync(folder)).toEqual(before)
  })

  test('is tried in ways that all work where they are allowed', () => {
    const denoDir = makeFolder(tmpdir())
    const outcomes = tryEverything(makeFolder(tmpdir()), {
      flags: ['--allow-all'],
      env: { DENO_DIR: denoDir },
    })
    const all = Object.entries({ ...outcomes.reading, ...outcomes.starting, ...outcomes.writing })
    expect(all.filter(([, outcome]) => outcome !== 'done')).toEqual([])
    expect(Object.keys(outcomes.writing).length).toBeGreaterThan(20)
    expect(Object.keys(outcomes.starting).length).toBeGreaterThan(8)
    expect(Object.keys(outcomes.reading).length).toBeGreaterThan(8)
  })

  test('ends with its launcher and leaves no process', async () => {
    launched.send('SIGTERM')
    expect(await launched.ended).toMatchObject({ code: 143, errors: '' })
    expect(await leftRunning(home.path, 0)).toEqual([])
  })
})

type Outcomes = Readonly<Record<'reading' | 'starting' | 'writing', Record<string, string>>>

const tryEverything = (
  folder: string,
  { flags, env }: { readonly flags: readonly string[]; readonly env: Record<string, string> },
): Outcomes => {
  const run = spawnSync(deno ?? '', ['run', ...flags, probe, folder], {
    cwd: projectFolder,
    env: { ...cleanEnvironment(), ...env },
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect(run.status, run.stderr).toBe(0)
  return JSON.parse(run.stdout)
}

/** What was done, and what failed for any other reason than a missing permission. */
const grantedIn = (outcomes: Readonly<Record<string, string>>): readonly string[] => {
  // these two hide the reason behind an error of their own
  const silent = /^(?:Error: Command failed: true|Error: it ended with undefined)$/
  const noStore = /^(?:NotADirectory|Error: Failed to create cache storage directory)/
  return Object.entries(outcomes)
    .filter(([name, outcome]) => {
      if (/Sync$/.test(name) && silent.test(outcome)) return false
      if (['localStorage', 'caches'].includes(name) && noStore.test(outcome)) return false
      return !/^(?:NotCapable\b.*:|TypeError ERR_MODULE_NOT_FOUND:).*[Rr]equires /.test(outcome)
    })
    .map(([name, outcome]) => `${name}: ${outcome}`)
}

const makeFolder = (parent: string): string => {
  const folder = mkdtempSync(join(parent, '.robnu-probe-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'old'), 'x')
  writeFileSync(join(folder, 'outside.json'), '{}')
  writeFileSync(join(folder, 'nothing.mjs'), '')
  mkdirSync(join(folder, 'sub'))
  return folder
}

const readGiven = (home: string): { flags: readonly string[]; env: Record<string, string> } => {
  const script = join(projectFolder, 'scripts/serve.ts')
  const app = processesOf(home).find(({ command }) => command.includes(script))
  if (!app) throw new Error('The app is not to be found among the processes')
  const [, flags = ''] = app.command.slice(0, app.command.lastIndexOf(script)).split(' run ')
  // where no process can be looked into, Deno's folder is taken to be the usual one
  const file = `/proc/${app.pid}/environ`
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const denoDir = /(?:^|\0)DENO_DIR=([^\0]*)/.exec(text)?.[1]
  return { flags: flags.trim().split(' '), env: denoDir === undefined ? {} : { DENO_DIR: denoDir } }
}
