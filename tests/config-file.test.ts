/** robnu.config.json: references to secrets, keys that nobody knows, and the schema for editors. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { configFileSchema, parseConfigFile, secretsInClear } from '../core/config-file.ts'
import { nearestOf } from '../core/nearest.ts'

const canary = 'canary-of-a-secret-7f3a'
const read = (value: unknown, env: Record<string, string> = {}, path = '/x/robnu.config.json') => {
  const faults: string[] = []
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const entries = parseConfigFile({ text, path, env }, faults)
  return { entries, faults }
}
const withConfig = (config: unknown, more: object = {}) => ({
  plugins: [{ use: './a', config, ...more }],
})

describe('a reference', () => {
  it('to a variable is its value, at any depth', () => {
    const config = { key: { $env: 'KEY' }, deep: [{ other: { $env: 'KEY' } }], plain: 7 }
    const { entries, faults } = read(withConfig(config), { KEY: canary })
    expect(faults).toEqual([])
    expect(entries).toEqual([
      { use: './a', config: { key: canary, deep: [{ other: canary }], plain: 7 } },
    ])
  })

  it('to a file is its text, from the folder of the configuration', () => {
    const folder = mkdtempSync(join(tmpdir(), 'robnu-secret-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'key'), `${canary}\n`)
    const path = join(folder, 'robnu.config.json')
    const { entries, faults } = read(withConfig({ key: { $file: './key' } }), {}, path)
    expect([entries[0]?.config, faults]).toEqual([{ key: canary }, []])
  })

  it.each([
    ['a variable that is not set', { $env: 'NOBODY' }, '/$env: the variable "NOBODY" is not set'],
    ['an empty variable', { $env: 'EMPTY' }, '/$env: the variable "EMPTY" is not set'],
    ['a file that is not there', { $file: 'nowhere' }, '/$file: cannot read "nowhere"'],
    ['nothing', { $env: 7 }, '/$env: must name a variable'],
    ['no path', { $file: '' }, '/$file: must be a path'],
    ['something beside', { $env: 'KEY', more: 1 }, '/$env: must stand alone'],
    ['another kind', { $evn: 'KEY' }, '/$evn: is no reference (did you mean "$env"?)'],
    ['a kind of nobody', { $vault: 'KEY' }, '/$vault: is no reference: known are $env and $file'],
  ])('to %s is a fault with its path, without any value', (_what, reference, told) => {
    const { entries, faults } = read(withConfig({ key: [reference] }), { KEY: canary, EMPTY: '' })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(`robnu.config.json: /plugins/0/config/key/0${told}`)
    expect(faults.join()).not.toContain(canary)
    expect(entries).toEqual([])
  })

  it('of a disabled plugin is not followed', () => {
    const { entries, faults } = read(withConfig({ key: { $env: 'NOBODY' } }, { enabled: false }))
    expect([entries, faults]).toEqual([[{ use: './a', enabled: false, config: undefined }], []])
  })
})

describe('a key of nobody', () => {
  it.each([
    ['of the file', { plugins: [], plugin: [] }, '/plugin: is no key', '"plugins"'],
    ['of an entry', withConfig(1, { enabeld: true }), '/plugins/0/enabeld: is', '"enabled"'],
    ['of an entry', withConfig(1, { isolated: true }), '/plugins/0/isolated: is', 'known are use'],
  ])('%s is told with what is known', (_what, value, told, meant) => {
    const { faults } = read(value)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(told)
    expect(faults[0]).toContain(meant)
  })

  it('keeps no other entry from being read', () => {
    const { entries, faults } = read({ plugins: [{ use: './a', x: 1 }, { use: './b' }, {}] })
    expect(entries).toEqual([{ use: './b', config: undefined }])
    expect(faults).toHaveLength(2)
  })
})

describe('a secret in clear', () => {
  it.each([
    ['by its name', { apiKey: 'abc' }, ['/plugins/0/config/apiKey']],
    ['by its look', { seller: 'a1'.repeat(16) }, ['/plugins/0/config/seller']],
    ['deep down', { a: [{ password: 'x' }] }, ['/plugins/0/config/a/0/password']],
    ['not where it is referred to', { apiKey: { $env: 'KEY' } }, []],
    ['not in words', { note: 'a long sentence without any figure in it' }, []],
    ['not in numbers', { token: 7 }, []],
  ])('is found %s', (_how, config, paths) => {
    expect(secretsInClear(JSON.stringify(withConfig(config)))).toEqual(paths)
  })
})

describe('the JSON schema of the file', () => {
  const file = new URL('../core/robnu.config.schema.json', import.meta.url)
  it('in the tree is the one of the code', () => {
    const made = `${JSON.stringify(configFileSchema(), null, 2)}\n`
    if (process.env['ROBNU_WRITE_SCHEMA']) writeFileSync(file, made)
    const why = 'ROBNU_WRITE_SCHEMA=1 npx vitest run --config tests/vitest.config.ts ' +
      'tests/config-file.test.ts writes it'
    expect(JSON.parse(readFileSync(file, 'utf8')), why).toEqual(JSON.parse(made))
  })
})

it.each([
  ['enabeld', 'enabled'],
  ['USE', 'use'],
  ['integrty', 'integrity'],
  ['nothing of it', undefined],
])('who writes %s means %s', (word, meant) => {
  expect(nearestOf(word, ['use', 'config', 'enabled', 'trust', 'integrity'])).toBe(meant)
})
