/** Every check of the kit has a plugin that trips it, and a good plugin passes them all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { Check } from '../../core/testing/conformance/check.ts'
import { badgeOf, tableOf } from '../../core/testing/conformance/report.ts'
import { checksFor, runCheck, runChecks } from '../../core/testing/conformance/run.ts'
import { testPlugin } from '../../core/testing/conformance/test.ts'
import bazaar from '../support/bazaar/mod.ts'
import sample from '../support/bazaar/sample.ts'
import { adapterFixtures } from './fixtures/adapters.ts'
import { declarationFixtures } from './fixtures/declaration.ts'
import { type Fixture, surface } from './fixtures/spoil.ts'
import { toldFixtures } from './fixtures/told.ts'
import { untripped, walkFixtures } from './fixtures/walks.ts'

vi.setConfig({ testTimeout: 120_000 }) // each check in one test

const dir = mkdtempSync(join(tmpdir(), 'robnu-kit-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const contract = new URL('../../core/plugin.ts', import.meta.url).href
/** A module of its own, as a stranger publishes it: JavaScript. */
const moduleOf = (name: string, before: string, value = 'definePlugin(declared)'): URL => {
  const file = join(dir, `${name}.mjs`)
  writeFileSync(
    file,
    `import { definePlugin } from '${contract}'
const declared = { id: 'tally', api: 1, version: '1.0.0' }
${before}
export default ${value}
`,
  )
  return pathToFileURL(file)
}
const loaded = (id: string, before: string, value?: string): Fixture => ({
  plugin: surface({}),
  url: moduleOf(id, before, value),
  fails: [id],
})
const loadFixtures: readonly Fixture[] = [
  loaded('load-default-export', '', '{ ...declared }'),
  loaded('load-leaves-globals', 'globalThis.tally = 1'),
  loaded('load-reads-no-environment', 'declared.version = process.env.TALLY ?? "1.0.0"'),
  { ...loaded('load-starts-nothing', 'setInterval(() => {}, 1000)'), patience: 0.1 },
]

const fixtures = [
  ...declarationFixtures,
  ...loadFixtures,
  ...walkFixtures,
  ...adapterFixtures,
  ...toldFixtures,
]
// those of the other tiers, of cassettes and of the text of migrations have tests of their own
const own = (check: Check): boolean =>
  (check.tier === 'declaration' || check.tier === 'behaviour') &&
  !/^(?:migration|cassette)/.test(check.id)
const checks = checksFor(bazaar).filter(own)

const failedOf = async (
  { fails, plugin = bazaar, sample: own = sample, url, ...pace }: Fixture,
  tier?: 'declaration',
): Promise<readonly string[]> => {
  const parts = { plugin, sample: own, ...(url ? { url } : {}) }
  const report = await runChecks(parts, {
    ...{ patience: 20, ...pace },
    ...(tier ? { tiers: [tier] } : { only: fails }),
  })
  return report.checks.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
}

describe('the checks', () => {
  test('have a fixture each, and no fixture is of a check that is not there', () => {
    const tripped = fixtures.flatMap(({ fails }) => fails)
    const ids = checks.map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(70)
    expect(new Set(ids).size).toBe(ids.length)
    expect([...new Set(tripped)].filter((id) => !ids.includes(id))).toEqual([])
    expect(ids.filter((id) => !tripped.includes(id) && !(id in untripped))).toEqual([])
    expect(Object.keys(untripped).filter((id) => tripped.includes(id))).toEqual([])
  })

  test('say what holds and what to do, each in a sentence', () => {
    for (const { id, title, remedy } of checks) {
      expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
      expect(title).toMatch(/^[A-Z].*\w.*[^.]$/)
      expect(remedy).toMatch(/^[A-Z].*\w.*[^.]$/)
    }
  })
})

test('a good marketplace passes them all', async () => {
  const url = new URL('../support/bazaar/mod.ts', import.meta.url)
  const report = await runChecks({ plugin: bazaar, sample, url }, {
    ...{ tiers: ['declaration', 'behaviour'], patience: 20 },
  })
  const failed = report.checks.filter(({ outcome }) => outcome === 'failed')
  expect(failed.map(({ id, message }) => `${id}: ${message}`)).toEqual([])
  expect(report.totals.passed).toBeGreaterThan(200)
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  expect([report.conforms, report.missing]).toEqual([false, ['database']])
  expect(tableOf(report).at(-1)).toContain('bazaar does not conform')
  expect(badgeOf({ ...report, conforms: true })).toContain(`${report.totals.passed} checks`)
})

describe('a declaration', () => {
  test.each(declarationFixtures)('that breaks $fails fails by that alone', async (fixture) => {
    expect((await failedOf(fixture, 'declaration')).toSorted()).toEqual(fixture.fails.toSorted())
  })
})

describe('a module', () => {
  test.concurrent.each(loadFixtures)('is told: $fails', async (fixture) => {
    expect(await failedOf(fixture)).toEqual(fixture.fails)
  })
})

describe('a marketplace', () => {
  test.each([...walkFixtures, ...adapterFixtures, ...toldFixtures])(
    'is told: $fails',
    async (fixture) => {
      expect(await failedOf(fixture)).toEqual(fixture.fails)
    },
  )
})

describe('a check', () => {
  const hanging: Check = {
    ...{ id: 'hangs', tier: 'declaration', title: 'It ends', remedy: 'Let it end' },
    run: () => new Promise(() => {}),
  }
  test('that hangs has failed', async () => {
    const result = await runCheck(hanging, { plugin: bazaar }, { patience: 0.001 })
    expect(result).toMatchObject({ outcome: 'failed', message: 'did not end within 0.02 s' })
  })
  test('that says nothing of a plugin is told with its reason, and is not passed', async () => {
    const result = await runCheck({ ...hanging, leftOut: () => 'no such thing' }, {
      plugin: bazaar,
    })
    expect(result).toMatchObject({ outcome: 'left-out', message: 'no such thing' })
  })
})

test('a surface has tests by the same names, in any runner', async () => {
  const seen: [string, () => Promise<void>][] = []
  testPlugin(surface({ version: '1' }), (name, run) => seen.push([name, run]))
  const results = await Promise.all(
    seen.map(([name, run]) => run().then(() => [], (error: Error) => [name, error.message])),
  )
  expect(results.flat()).toEqual([
    'declared-version-form',
    'The version has three numbers: version must be a version such as 1.0.0\n→ Change the ' +
    'declaration in mod.ts: core/plugin.ts says what each member is',
  ])
})
