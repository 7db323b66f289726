/** `robnu new`: what it writes, under which names, and what it refuses. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { isPlugin } from '../../core/plugin.ts'
import { declarationFaults } from '../../core/rules/declaration.ts'
import { testMarketplace, testPlugin } from '../../core/testing/mod.ts'
import type { CommandIo } from '../../scripts/cli/command.ts'
import { newCommand } from '../../scripts/cli/commands/new.ts'
import { type Kind, scaffoldFiles, writeFiles } from '../../scripts/cli/scaffold/files.ts'
import { namesOf, renamed } from '../../scripts/cli/scaffold/names.ts'
import marketplace from '../../scripts/cli/templates/marketplace/mod.ts'
import sample from '../../scripts/cli/templates/marketplace/sample.ts'
import surface from '../../scripts/cli/templates/plugin/mod.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const templates = new URL('../../scripts/cli/templates/', import.meta.url)
const work = mkdtempSync(join(tmpdir(), 'robnu-new-'))
// below the project, so that what is loaded there finds robnu/plugin
const inside = join(project, '.robnu')
mkdirSync(inside, { recursive: true })
const below = mkdtempSync(join(inside, 'new-'))
afterAll(() => {
  for (const folder of [work, below]) rmSync(folder, { recursive: true, force: true })
})

/** Runs the command as the dispatcher does. */
const run = async (args: readonly string[], dryRun = false) => {
  const said: string[] = []
  const results: unknown[] = []
  const io: CommandIo = {
    say: (line) => void said.push(line),
    warn: (line) => void said.push(line),
    result: (value) => void results.push(value),
    env: {},
    cwd: work,
    now: () => new Date(),
    signal: new AbortController().signal,
    dryRun,
  }
  const code = await newCommand.run(args, io)
  return { code, said, result: results[0] }
}
const refusal = (args: readonly string[]): Promise<string> =>
  run(args).then(() => 'none', (error) => error.message)

describe('a new plugin', () => {
  it.each(['Haat', '1haat', 'h', 'ha-at', 'ha at', 'core', 'robnu', 'x'.repeat(32), '../x'])(
    'is not called %s',
    async (id) => {
      expect(await refusal(['marketplace', id, '--package'])).toMatch(/take (?:2 to 31|another)/)
    },
  )

  it('has every name from its id', () => {
    expect(namesOf('my_shop2')).toEqual({
      id: 'my_shop2',
      code: 'MY_SHOP2',
      name: 'My Shop2',
      packageName: 'robnu-my_shop2',
    })
    const text = `Nukkad 'NUKKAD' nukkad_notes https://api.nukkad.example 'nukkad:read'`
    expect(renamed(text, namesOf('my_shop2')))
      .toBe(`My Shop2 'MY_SHOP2' my_shop2_notes https://api.my-shop2.example 'my-shop:read'`)
  })

  it.each<readonly [readonly string[], string]>([
    [[], 'Name what is new'],
    [['marketplce', 'haat'], 'There is no new "marketplce"'],
    [['marketplace'], 'Name the id'],
    [['marketplace', 'haat', 'more'], 'One id only'],
    [['marketplace', 'haat', '--dir', 'x'], 'add --package'],
    [['marketplace', 'ajio'], 'is there already'],
    [['plugin', 'ajio'], 'is there already'],
  ])('%j is refused', async (args, why) => {
    expect(await refusal(args)).toContain(why)
  })

  it('is written into a new folder only, and with --dry-run not at all', async () => {
    const args = ['marketplace', 'haat', '--package']
    const dry = await run(args, true)
    expect(dry.said[0]).toMatch(/^Would write \d+ files to /)
    expect(existsSync(join(work, 'haat'))).toBe(false)
    const made = await run(args)
    expect(made.result).toMatchObject({ id: 'haat', kind: 'marketplace', written: true })
    expect(dry.said.slice(1)).toEqual(made.said.slice(1, dry.said.length))
    for (const path of ['mod.ts', 'package.json', 'migrations/0001_account_details.sql']) {
      expect(readFileSync(join(work, 'haat', path), 'utf8')).not.toMatch(/nukkad/i)
    }
    expect(await refusal(args)).toContain('is there already')
  })

  it('goes beside the others of the project, in their shape', async () => {
    const { result } = await run(['marketplace', 'haat'], true)
    expect(result).toMatchObject({ folder: join(project, 'marketplaces', 'haat'), written: false })
    const files = [...scaffoldFiles('marketplace', namesOf('haat'), false).keys()]
    for (
      const name of ['mod.ts', 'schemas.ts', 'client.ts', 'rows.ts', 'sandbox.ts', 'README.md']
    ) {
      expect(files).toContain(name)
      expect(existsSync(join(project, 'marketplaces/amazon', name))).toBe(true)
    }
    expect(files).not.toContain('package.json')
  })

  it('asks as a package for four packages of exact versions, and is tested by the runtime', () => {
    const files = scaffoldFiles('marketplace', namesOf('haat'), true)
    const own = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
    const { dependencies, devDependencies } = JSON.parse(files.get('package.json') ?? '')
    expect({ ...dependencies, ...devDependencies }).toEqual({
      '@types/node': own.devDependencies['@types/node'],
      robnu: own.version,
      typescript: own.devDependencies.typescript,
      zod: own.dependencies.zod,
    })
    expect([...files.values()].join('')).not.toContain('vitest')
  })

  it.each<Kind>(['marketplace', 'plugin'])(
    'declares a %s by the rules, whatever its id',
    async (kind) => {
      for (const id of ['haat', 'my_shop2', 'x1']) {
        const folder = join(below, kind, id)
        writeFiles(folder, scaffoldFiles(kind, namesOf(id), false))
        const { default: plugin } = await import(pathToFileURL(join(folder, 'mod.ts')).href)
        expect(isPlugin(plugin)).toBe(true)
        expect(declarationFaults(plugin)).toEqual([])
      }
    },
  )

  it('is short enough to be read before it is changed', () => {
    const lines = (kind: Kind) =>
      [...scaffoldFiles(kind, namesOf('haat'), false)]
        .filter(([path]) => /\.(?:ts|sql)$/.test(path))
        .reduce((sum, [, text]) => sum + text.split('\n').length - 1, 0)
    expect(lines('marketplace')).toBeLessThan(580)
    expect(lines('plugin')).toBeLessThan(200)
  })

  it('is formatted as the others, however long its name is', () => {
    for (const kind of ['marketplace', 'plugin'] as const) {
      const files = scaffoldFiles(
        kind,
        namesOf('a_shop_with_a_name_of_31_letters'.slice(0, 31)),
        false,
      )
      const code = [...files].filter(([path]) => path.endsWith('.ts'))
      expect(code.length).toBeGreaterThan(3)
      for (const [path, text] of code) {
        // the formatter leaves comments as they are
        const long = text.split('\n').filter((line) => line.length > 100 && !/^ *\/[/*]/.test(line))
        expect(long, path).toEqual([])
      }
    }
  })
})

describe('the template of a marketplace', () => {
  testMarketplace(marketplace, sample, it, { url: new URL('marketplace/mod.ts', templates) })
})

describe('the template of a plugin', () => {
  testPlugin(surface, it, { url: new URL('plugin/mod.ts', templates) })
})
