/** Every report of every marketplace: a file twice changes nothing, a corrected one the one row. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { type ImportHouse, importWhole, openHouse } from './support/house.ts'
import { bytesOfFile, correctedFile, sampledReports } from './support/samples.ts'

const samples = await sampledReports()
let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const leaves = [
  ...['orders', 'order_items', 'shipments', 'order_returns', 'order_return_items'],
  ...['marketplace_payouts', 'payout_line_items', 'quarantined_rows', 'order_events'],
]
/** Each row of the seller by its table and its version. */
const versionsOf = ({ seller }: ImportHouse): Promise<ReadonlySet<string>> =>
  world.fresh.asSuperuser(async (admin) => {
    const found = new Set<string>()
    for (const table of leaves) {
      const rows = await admin.unsafe<{ version: string }[]>(
        `select xmin::text || ' ' || ctid::text as version from ${table} where seller_id = $1`,
        [seller.sellerId],
      )
      for (const { version } of rows) found.add(`${table} ${version}`)
    }
    return found
  })

it('there are reports of more than one marketplace', () => {
  expect(samples.length).toBeGreaterThan(5)
  expect(new Set(samples.map(({ marketplace }) => marketplace)).size).toBeGreaterThan(1)
})

describe.each(samples.map((one) => [`${one.marketplace}: ${one.report.id}`, one] as const))(
  '%s',
  (_name, sampled) => {
    const { file, reports, externalAccountId, now } = sampled
    let time = now.getTime()
    /** Sent an hour later than the one before. */
    const send = async (house: ImportHouse, sent: typeof file) => {
      time += 3_600_000
      return await importWhole(house, bytesOfFile(sampled, sent))
    }
    const open = () => openHouse(world, { reports, externalAccountId, time: () => time })

    it('has a result for every line; again it changes nothing, corrected the one row', async () => {
      const house = await open()
      const first = await send(house, file)
      expect(first).toMatchObject({ state: 'SUCCEEDED', failure: null })
      const { accepted, skipped, rejected, told } = first.lines
      expect([told, accepted + skipped + rejected]).toEqual([file.lines.length, file.lines.length])
      expect(accepted).toBeGreaterThan(0)
      const before = await versionsOf(house)
      const again = await send(house, file)
      expect(again).toMatchObject({ state: 'SUCCEEDED', lines: first.lines })
      expect(again.rows).toMatchObject({ new: 0, changed: 0 })
      expect([...await versionsOf(house)].filter((one) => !before.has(one))).toEqual([])
      const corrected = await correctedFile(sampled)
      if (!corrected) throw new Error('No cell of the file can be told otherwise')
      const third = await send(house, corrected.file)
      expect(third.rows, corrected.id).toMatchObject({ new: 0, changed: 1 })
    })
  },
)
