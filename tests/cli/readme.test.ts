/** The README of the commands says what their code says. */
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { version } from '../../core/version.ts'
import type { Command } from '../../scripts/cli/command.ts'
import { openCommands } from '../../scripts/cli/commands.ts'
import { robnu } from './support.ts'

const file = new URL('../../scripts/cli/README.md', import.meta.url)
const { names, load } = openCommands()
const all: Command[] = []
for (const name of names) all.push(await load(name))

/** As `deno fmt` would leave it. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[], fill = ' ') =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0, fill)).join(' | ')} |`
  const [heading = [], ...rest] = rows
  return [line(heading), line(['', '', ''], '-'), ...rest.map((row) => line(row))].join('\n')
}
const written = (): string => {
  const rows = all.map(({ name, summary, changes }) => [
    ...[`\`robnu ${name}\``, summary, changes ? 'yes' : '–'],
  ])
  const usages = all.map(({ name, usage }) => `### ${name}\n\n\`\`\`text\n${usage.trim()}\n\`\`\``)
  return [
    '## All of them',
    table([['command', 'does', '`--dry-run`'], ...rows]),
    ...usages,
  ].join('\n\n')
}

it('lists every command, and tells how each is called', () => {
  expect(names.length).toBeGreaterThanOrEqual(10)
  const text = readFileSync(file, 'utf8')
  const [, marker = ''] = /(<!-- commands: .* -->\n)/.exec(text) ?? []
  expect(marker).not.toBe('')
  const [before = '', after] = text.split(marker)
  const wanted = `\n${written()}\n`
  if (process.env['ROBNU_WRITE_COMMANDS']) {
    writeFileSync(file, `${before}${marker}${wanted}`)
    return
  }
  expect(after, marker).toBe(wanted)
})

for (const { name, summary, usage, changes } of all) {
  it(`robnu ${name} says in its help how it is called`, async () => {
    expect(summary).toMatch(/^[A-Z][^\n]{10,90}[^.]$/)
    expect(usage).toContain(`robnu ${name}`)
    expect(usage.split('\n').filter((line) => line.length > 140)).toEqual([])
    const { code, out } = await robnu([name, '--help'])
    expect([code, out.startsWith(`${summary}.\n\n${usage.trim()}\n`)]).toEqual([0, true])
    const wrong = await robnu([name, '--no-such-option', '--json'])
    expect([wrong.code, wrong.json()]).toMatchObject([2, { error: { code: 'wrong-call' } }])
    if (!changes) expect((await robnu([name, '--dry-run'])).code).toBe(2)
  })
}

it('tells one version', () => {
  expect(version).toBe(packageJson.version)
})
