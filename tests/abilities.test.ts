/** The table of abilities in the README is made of the marketplaces themselves. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { expect, it } from 'vitest'
import { isMarketplace, type Marketplace } from '../core/plugin.ts'

const folder = new URL('../marketplaces/', import.meta.url)
const file = new URL('../README.md', import.meta.url)
const markers = [
  '<!-- abilities: ROBNU_WRITE_ABILITIES=1 npx vitest run --config tests/vitest.config.ts tests/abilities.test.ts -->\n',
  '<!-- /abilities -->\n',
] as const

const headings = [
  ...['marketplace', 'code', 'API', 'orders', 'returns', 'payouts', 'inventory', 'processing'],
  ...['documents', 'pushes', 'files'],
]

const rowOf = (id: string, { name, code, upstream, adapter, ...more }: Marketplace) => {
  const { imports = [], webhooks = [], notifications } = more
  const files = (target: string) => imports.some((one) => one.target === target)
  const cell = (is: boolean, hasFiles = false) =>
    [...is ? ['yes'] : [], ...hasFiles ? ['file'] : []].join(', ') || '–'
  return [
    `[${name}](marketplaces/${id}/README.md)`,
    `\`${code}\``,
    `\`${upstream}\``,
    cell(adapter.syncOrders !== undefined, files('ORDERS')),
    cell(adapter.syncReturns !== undefined, files('RETURNS')),
    cell(adapter.syncPayouts !== undefined, files('PAYOUTS')),
    `${cell(adapter.pushInventory !== undefined)}${adapter.readInventory ? ', read back' : ''}`,
    cell(adapter.fullProcessing !== undefined),
    cell(adapter.fetchDocument !== undefined),
    [...webhooks.length > 0 ? ['webhook'] : [], ...notifications ? ['SQS'] : []].join(', ') || '–',
    String(imports.length),
  ]
}

/** As `deno fmt` would leave it. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = headings.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[], fill = ' ') =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0, fill)).join(' | ')} |`
  const [heading = [], ...rest] = rows
  return [line(heading), line(headings.map(() => ''), '-'), ...rest.map((row) => line(row))]
    .join('\n')
}

it('tells what every marketplace can do', async () => {
  const ids = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => name).toSorted()
  const rows: (readonly string[])[] = []
  for (const id of ids) {
    const { default: plugin } = await import(new URL(`${id}/mod.ts`, folder).href)
    if (!isMarketplace(plugin)) throw new Error(`${id} is no marketplace`)
    rows.push(rowOf(id, plugin))
  }
  expect(rows.length).toBeGreaterThan(1)
  const text = readFileSync(file, 'utf8')
  const [before, rest = ''] = text.split(markers[0])
  const [now, after] = rest.split(markers[1])
  expect(after, 'the markers of the table').toBeDefined()
  const wanted = `\n${table([headings, ...rows])}\n\n`
  if (process.env['ROBNU_WRITE_ABILITIES']) {
    writeFileSync(file, `${before}${markers[0]}${wanted}${markers[1]}${after}`)
  } else expect(now).toBe(wanted)
})
