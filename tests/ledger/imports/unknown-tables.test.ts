/** What stands in a file beside its report: told line by line, and taken over by nobody. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { csvOf, orderReport, valuesOf } from './support/ajio-files.ts'
import { type ImportHouse, importWhole, openHouse } from './support/house.ts'
import { workbookOf, zipOf } from './support/zip.ts'

let world: World
let house: ImportHouse
beforeAll(async () => {
  world = await openWorld()
  house = await openHouse(world)
})
afterAll(() => world.close())

it('tells of a sheet that is of no known report, line by line', async () => {
  const file = workbookOf({
    Help: [['How to read this'], ['Ask your key account manager']],
    Orders: valuesOf(orderReport(4)),
  })
  const view = await importWhole(house, file)
  expect(view).toMatchObject({ state: 'SUCCEEDED', report: { id: 'ajio-orders' } })
  expect(view.sections.map(({ name, heading_line: at, last_line: last }) => [name, at, last]))
    .toEqual([['Orders', expect.any(Number), expect.any(Number)], ['Help', 0, 2]])
  expect(view.lines.skipped_reasons).toMatchObject({ 'unknown-table': 2 })
  const { imports, seller } = house
  const told = await imports.lines(seller.entry, view.id, { limit: 50, result: 'skipped' })
  expect(told?.lines).toContainEqual({
    ...{ section: 'Help', from_line: 1, to_line: 2, result: 'skipped', reason: 'unknown-table' },
  })
})

it('a file of no known report in a zip file is told as well, as far as it can be read', async () => {
  const text = (lines: string) => new TextEncoder().encode(lines)
  const file = zipOf([
    { name: 'read me.txt', bytes: text('Sold by AJIO\nand by nobody else\n') },
    { name: 'orders.csv', bytes: csvOf(orderReport(3)) },
    { name: 'broken.csv', bytes: text(`${'a,b\n'.repeat(60)}"${'x'.repeat(2 * 1024 * 1024)}`) },
  ])
  const view = await importWhole(house, file)
  expect(view).toMatchObject({ state: 'SUCCEEDED', lines: { accepted: expect.any(Number) } })
  expect(view.sections.map(({ name }) => name)).toEqual(['orders.csv', 'read me.txt', 'broken.csv'])
  expect(view.lines.skipped_reasons['unknown-table']).toBeGreaterThanOrEqual(62)
})
