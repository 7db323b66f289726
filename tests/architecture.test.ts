/** Holds the project to the rules of `scripts/lint/house.ts`, and the rules to their fixtures. */
import { describe, expect, it } from 'vitest'
import { faultsOf } from '../scripts/lint/faults.ts'
import { longFiles, longLines, rules, topLevel } from '../scripts/lint/house.ts'
import { importsOf } from '../scripts/lint/imports.ts'
import layers from '../scripts/lint/layers.ts'
import { broken, sound } from './architecture/fixtures.ts'
import { listFolders, readTree, topLevelNames, trackedSources } from './architecture/tree.ts'

const files = readTree()
const sources = files.filter(({ path }) => /\.(?:ts|mjs)$/.test(path))
const lineCount = (text: string): number => text.split('\n').length - 1

describe('the project', () => {
  it('is seen whole', () => {
    const paths = new Set(sources.map(({ path }) => path))
    expect(trackedSources()?.filter((path) => !paths.has(path)) ?? []).toEqual([])
    // where there is no checkout to count by: far below what there is, far above an empty walk
    expect(paths.size).toBeGreaterThan(20)
    const imports = sources.flatMap(({ text }) => importsOf(text))
    expect(imports.length).toBeGreaterThan(sources.length)
  })

  it('breaks no rule of the house', () => {
    const faults = files.flatMap(({ path, text }) => faultsOf(path, text))
    expect(faults.map(({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`))
      .toEqual([])
  })

  it('has nothing at its top level but what the map names', () => {
    const isKnown = (name: string): boolean =>
      topLevel.includes(name) || name.startsWith('.') || name.endsWith('.log')
    expect(topLevelNames().filter((name) => !isKnown(name))).toEqual([])
  })

  it('has no file over 500 lines, and a reason for each over 300', () => {
    const counted = files
      // the dump is written by pg_dump, and lines of data are not read
      .filter(({ path }) => /\.(?:ts|mjs|sql)$/.test(path) && !path.endsWith('schema.sql'))
      .map(({ path, text }) => ({ path, lines: lineCount(text) }))
    expect(counted.filter(({ lines }) => lines > longLines.limit)).toEqual([])
    const long = counted.filter(({ lines }) => lines > longLines.reason).map(({ path }) => path)
    expect(long.toSorted()).toEqual(Object.keys(longFiles).toSorted())
  })

  it('explains every folder of the map in a README.md', () => {
    const paths = new Set(files.map(({ path }) => path))
    const folders = listFolders()
    expect(folders.length).toBeGreaterThan(10)
    expect(folders.filter((folder) => !paths.has(`${folder}/README.md`))).toEqual([])
  })

  it('gives npm and Deno the same commands, and Deno the rules', async () => {
    const { default: npm } = await import('../package.json', { with: { type: 'json' } })
    const { default: deno } = await import('../deno.json', { with: { type: 'json' } })
    for (const name of Object.keys(npm.scripts).filter((one) => !one.startsWith('pre'))) {
      expect(Object.keys(deno.tasks)).toContain(name)
    }
    expect(deno.lint.plugins).toContain('./scripts/lint/layers.ts')
  })
})

describe('the rules', () => {
  for (const rule of rules) {
    it(`"${rule}" trips over each of its fixtures, once, and nothing else does`, () => {
      expect(broken[rule].length).toBeGreaterThan(0)
      for (const { path, source } of broken[rule]) {
        expect(faultsOf(path, source).map((fault) => fault.rule), `${path}: ${source}`)
          .toEqual([rule])
      }
    })

    it(`"${rule}" is told to deno lint with its place`, () => {
      const { path, source } = broken[rule][0] ?? { path: '', source: '' }
      const reports: { range: [number, number]; message: string }[] = []
      const filename = new URL(`../${path}`, import.meta.url).pathname
      const visitor = layers.rules[rule]?.create({
        filename,
        sourceCode: { text: source },
        report: (fault) => reports.push(fault),
      })
      visitor?.Program?.()
      expect(reports.map(({ range: [start, end] }) => end > start)).toEqual([true])
    })
  }

  it('let imports point down the layers and nowhere else', () => {
    const floors = 'boot.ts/http host/ledger/storage queues/rbac auth/tenancy/audit/crypto mail/db'
      .split('/').map((names) => names.split(' '))
    const fileIn = (name: string): string => `core/${name}${name.endsWith('.ts') ? '' : '/x.ts'}`
    const isFault = (from: string, to: string): boolean =>
      faultsOf(fileIn(from), `import { y } from '#${fileIn(to)}'`).length === 1
    floors.forEach((names, floor) => {
      for (const from of names) {
        const others = names.filter((name) => name !== from)
        const [above, below] = [floors.slice(0, floor).flat(), floors.slice(floor + 1).flat()]
        expect([...above, ...others].filter((to) => !isFault(from, to)), from).toEqual([])
        expect([...below, from, 'errors.ts'].filter((to) => isFault(from, to)), from).toEqual([])
      }
    })
    expect(floors.flat().length).toBe(13)
  })

  it('leave in peace what only looks like a fault', () => {
    for (const { path, source } of sound) {
      expect(faultsOf(path, source), `${path}: ${source}`).toEqual([])
    }
  })

  it('find every import of a file, whatever its form', () => {
    const source = `import a, { b as c } from 'one'
      import type * as d from "two"
      import 'three'
      export type { e } from 'four'
      const f = [require('five'), import(\`six\`), import(f)]
      const g = \`\${{ a: { b: await import('seven') } }} import('not this')\``
    expect(importsOf(source).map(({ specifier }) => specifier))
      .toEqual(['one', 'two', 'three', 'four', 'five', 'six', null, 'seven'])
  })
})
