/** The settlement workbook of Flipkart's sandbox, all its sheets in one upload: the books to the paisa. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHost } from '../../../core/host/host.ts'
import { callVerb } from '../../../core/testing/sandbox/call.ts'
import type { RunningSandbox, StartSandbox } from '../../../core/testing/sandbox/sandbox.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { importWhole, openHouse } from './support/house.ts'

const folder = fileURLToPath(new URL('../../../', import.meta.url))
const use = './marketplaces/flipkart/mod.ts'
const { marketplaces: [flipkart] } = await openHost([{ use, config: undefined }], folder)

let world: World
let sandbox: RunningSandbox
beforeAll(async () => {
  world = await openWorld()
  const path = `${folder}marketplaces/flipkart/sandbox.ts`
  const { default: start } = await import(path) as { default: StartSandbox }
  const env = { ROBNU_SANDBOX_FLIPKART_REPORT_SECONDS: '0' }
  sandbox = await start({ seed: 7, speed: 0, env })
})
afterAll(async () => {
  await sandbox.stop()
  await world.close()
})

interface Credentials {
  readonly access_token: string
}
interface Ledger {
  readonly accounts: Readonly<
    Record<string, {
      readonly payouts: readonly {
        readonly id: string
        readonly amount: string
        readonly lines: number
      }[]
    }>
  >
}

/** As the report's address gives it, for some days. */
const workbook = async (from: string, to: string): Promise<Uint8Array> => {
  const { access_token: token } = sandbox.accounts[0]?.credentials as Credentials
  const headers = { authorization: `Bearer ${token}` }
  const asked = await fetch(`${sandbox.url}/reports/settled_transaction_ledger`, {
    ...{ method: 'POST', headers },
    body: JSON.stringify({
      correlation_id: crypto.randomUUID(),
      parameters: { from_date: from, to_date: to },
    }),
  })
  const { report_id: id } = await asked.json() as { report_id: string }
  const detail = await fetch(`${sandbox.url}/reports/${id}/detail`, { headers })
  const { location } = await detail.json() as { location: string }
  const { pathname, search } = new URL(location)
  return new Uint8Array(await (await fetch(sandbox.url + pathname + search)).arrayBuffer())
}

it('brings every NEFT with all its sheets; again, and in pieces that overlap, it changes nothing', async () => {
  const externalAccountId = sandbox.accounts[0]?.externalAccountId ?? ''
  const house = await openHouse(world, { reports: flipkart?.imports ?? [], externalAccountId })
  const payouts = () =>
    world.fresh.asSuperuser(async (admin) => {
      const rows = await admin<{ id: string; state: string; lines: number; amount: string }[]>`
        select external_payout_id as id, settlement_state as state, line_count as lines,
          round(lines_amount, 2)::text as amount
        from marketplace_payouts where seller_id = ${house.seller.sellerId}
        order by external_payout_id`
      return rows.map(({ id, state, lines, amount }) => `${id} ${state} ${lines} ${amount}`)
    })
  const ledger = await callVerb(sandbox, 'ledger', { account: externalAccountId }) as Ledger
  const wanted = ledger.accounts[externalAccountId]?.payouts ?? []
  expect(wanted.length).toBeGreaterThan(8)

  await importWhole(house, await workbook('2026-07-20', '2026-08-02'))
  const whole = await importWhole(house, await workbook('2026-07-01', '2026-08-14'))
  expect(whole).toMatchObject({ state: 'SUCCEEDED', lines: { rejected: 0 } })
  // the sheet of explanations is told of as well: it holds no report
  expect(whole.sections.map(({ name }) => name).toSorted()).toEqual([
    ...['Ads', 'MP Fee Rebate', 'Non_Order_SPF', 'Orders', 'Report Help'],
    ...['Storage & Recall', 'TDS'],
  ])
  const books = wanted.map(({ id, lines, amount }) => `${id} PAID ${lines} ${amount}`)
  expect(await payouts()).toEqual(books.toSorted())
  const again = await importWhole(house, await workbook('2026-07-10', '2026-08-14'))
  expect(again.rows).toMatchObject({ new: 0, changed: 0 })
  expect(await payouts()).toEqual(books.toSorted())
})
