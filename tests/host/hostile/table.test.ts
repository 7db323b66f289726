/** The table of what each level stops says in the README what the tests hold to be true. */
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { expect, it } from 'vitest'
import { attacks } from '../../support/hostile/attacks.ts'
import { attackTable } from '../../support/hostile/table.ts'

const readme = new URL('../../../core/host/README.md', import.meta.url)
const begin = '<!-- made by tests/host/hostile/table.test.ts -->\n\n'
const end = '\n<!-- /made -->'

const lines = (): string => {
  const cell = (node: string, deno: string) => node === deno ? node : `${node}; Deno: ${deno}`
  const rows = attackTable.map((
    { what, onNode, onDeno, isolated, isolatedOnDeno, by },
  ) => [what, cell(onNode, onDeno), cell(isolated, isolatedOnDeno), by])
  const all = [['a plugin that …', 'in our process', 'in its own', 'by'], ...rows]
  const widths = [0, 1, 2, 3].map((at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return [line(all[0] ?? []), rule, ...all.slice(1).map(line), ''].join('\n')
}

it('has a line for every attack, and an attack for every line', () => {
  expect(attackTable.map(({ name }) => name).toSorted()).toEqual(Object.keys(attacks).toSorted())
  expect(attackTable.length).toBeGreaterThanOrEqual(24)
})

it('stands in the README (ROBNU_WRITE_ATTACKS=1 writes it)', () => {
  const text = readFileSync(readme, 'utf8')
  const [before = '', rest = ''] = text.split(begin)
  const [found = '', after = ''] = rest.split(end)
  expect(rest, 'the README has no place for the table').not.toBe('')
  if (process.env['ROBNU_WRITE_ATTACKS'] === '1' && found !== lines()) {
    writeFileSync(readme, before + begin + lines() + end + after)
    return
  }
  expect(found).toBe(lines())
})

it('leaves nothing open in a process of its own but what a machine or the kit stops', () => {
  const open = attackTable.filter(({ isolated, isolatedOnDeno }) =>
    [isolated, isolatedOnDeno].includes('not fenced')
  )
  expect(open.map(({ name }) => name)).toEqual(['busy-and-polite', 'secret-into-the-log'])
})
