/** The tables of the doctor's README say what the code says; ROBNU_WRITE_DOCTOR=1 writes them. */
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openCommands } from '../../scripts/cli/commands.ts'
import { linkTexts } from '../../scripts/doctor/account/links.ts'
import { checks } from '../../scripts/doctor/checks.ts'

const file = fileURLToPath(new URL('../../scripts/doctor/README.md', import.meta.url))
const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '\\<')).join(' | ')} |`
const tables = {
  checks: [
    row('code', 'area', 'holds when well', 'meaning', 'fix'),
    row('-', '-', '-', '-', '-'),
    ...checks.map(({ code, area, title, meaning, fix }) =>
      row(`\`${code}\``, area, title, meaning, fix)
    ),
  ],
  links: [
    row('link', 'holds when well', 'fix'),
    row('-', '-', '-'),
    ...linkTexts.map(({ link, title, fix }) => row(`\`${link}\``, title, fix)),
  ],
}
const partOf = (name: keyof typeof tables): RegExp =>
  new RegExp(`(<!-- ${name}: [^>]*-->\n)([^]*?)(<!-- end -->)`)
// how a formatter sets the columns says nothing
const plain = (text: string): string =>
  text.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').replaceAll(/-+/g, '-').trim())
    .filter((line) => line !== '').join('\n')

it.each(['checks', 'links'] as const)('the README tells all %s as they are', (name) => {
  const text = readFileSync(file, 'utf8')
  const wanted = `\n${tables[name].join('\n')}\n\n`
  if (process.env['ROBNU_WRITE_DOCTOR']) {
    writeFileSync(
      file,
      text.replace(partOf(name), (_all, begin, _old, end) => begin + wanted + end),
    )
  }
  const found = partOf(name).exec(readFileSync(file, 'utf8'))?.[2] ?? ''
  expect(plain(found)).toBe(plain(wanted))
  expect(tables[name].length).toBeGreaterThan(name === 'checks' ? 100 : 10)
})

it('names only routes and commands that there are', () => {
  const table = readFileSync(new URL('../http/route-table.ts', import.meta.url), 'utf8')
  const text = [...checks, ...linkTexts].map(({ fix }) => fix).join('\n')
  const routes = [...text.matchAll(/(?:GET|PUT|POST|PATCH|DELETE) \/v1\/[\w{}/-]+/g)]
  expect(routes.length).toBeGreaterThan(10)
  expect(routes.map(([route]) => route).filter((route) => !table.includes(`'${route}'`))).toEqual(
    [],
  )
  const { names } = openCommands()
  const commands = [...text.matchAll(/`robnu ([a-z]+)/g)].map(([, name]) => name ?? '')
  expect(commands.length).toBeGreaterThan(10)
  expect(commands.filter((name) => !names.includes(name))).toEqual([])
})
