/** How a search is read: the first rows of indexes that the seller leads, however much there is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anything } from '../../../core/db/sql.ts'
import { createSearch, type SearchAsk, searchKinds } from '../../../core/ledger/search/search.ts'
import { all, freely, openSearchHouse, type SearchHouse } from './house.ts'

let house: SearchHouse
beforeAll(async () => {
  house = await openSearchHouse()
})
afterAll(() => house?.close())

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Actual Rows': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}
const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

describe('the plan of a search', () => {
  const readsOf = async (q: string, reach: SearchAsk['reach']): Promise<readonly Plan[]> => {
    let plan: Plan | undefined
    const db = {
      ...house.fresh.db,
      inSellerScope: (entry: Parameters<typeof house.fresh.db.inSellerScope>[0]) => {
        const queries = house.fresh.db.inSellerScope(entry)
        return {
          ...queries,
          any: async (statement: Parameters<typeof queries.any>[0]) => {
            const text = `explain (analyze, format json) ${statement.sql}`
            const [row] = await queries.any({ ...statement, sql: text, parser: anything })
            plan = (row as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan
            return []
          },
        }
      },
    }
    await createSearch({
      db: db as typeof house.fresh.db,
      keyring: house.pages.keyring,
      limiter: freely,
    })
      .find(house.pages.seller.entry, { q, kinds: searchKinds, limit: 5, reach, asker: 'x' })
    if (!plan) throw new Error('Nothing was asked')
    return nodesOf(plan).filter((node) =>
      node['Relation Name'] !== undefined || node['Node Type'] === 'Bitmap Index Scan'
    )
  }
  beforeAll(() =>
    house.fresh.asSuperuser(async (admin) => {
      const { sellerId } = house.pages.seller
      const copies = async (table: string, where: string, changes: Record<string, string>) => {
        const columns = await admin<{ column_name: string }[]>`
          select column_name from information_schema.columns where table_name = ${table}`
        const names = columns.map(({ column_name }) => column_name)
        const values = names.map((name) => changes[name] ?? `t.${name}`)
        await admin.unsafe(`insert into ${table} (${names.join()}) select ${values.join()}
          from (select * from ${table} where seller_id = '${sellerId}' and ${where} limit 1) t,
            generate_series(1, 4000) n`)
        await admin.unsafe(`analyze ${table}`)
      }
      const id = 'gen_random_uuid()'
      await copies('orders', `external_order_id = 'BZ-100'`, {
        ...{ id, dedup_key: `'k' || n`, external_order_id: `'BZ-100' || n * 7` },
        customer_phone_idx: `substr(sha256(n::text::bytea), 1, 16)`,
      })
      await copies('shipments', `awb = 'AWB100'`, {
        ...{ id, external_shipment_id: `'S' || n`, awb: `'AWB100' || n` },
      })
      await copies('order_returns', 'true', { id, external_return_id: `'RT-100' || n` })
      await copies('return_awbs', `awb = 'AWB100'`, { id, awb: `'AWB100' || n` })
      await copies('marketplace_payouts', 'true', { id, external_payout_id: `'UTR-100' || n` })
    })
  )

  it.each(['BZ-100', 'AWB100', 'RT-1', 'UTR-1', '+919876543212', '9876543212'])(
    'for "%s" reads the first rows of indexes that the seller leads, and no table',
    async (q) => {
      const limited = { only: null, except: [house.second] }
      const limits = { ...all, order: limited, return: limited, shipment: limited, payout: limited }
      for (const reach of [all, limits]) {
        const reads = await readsOf(q, reach)
        const ours = reads.filter((node) => node['Relation Name'] !== 'marketplace_accounts')
        expect(ours.length).toBeGreaterThan(0)
        for (const node of ours) {
          const name = JSON.stringify(node)
          expect(node['Node Type'], name).toMatch(/^Index (?:Only )?Scan$/)
          expect(node['Index Cond'], name).toMatch(/\(seller_id = /)
          expect(node['Rows Removed by Filter'] ?? 0, name).toBe(0)
          expect(node['Actual Rows'], name).toBeLessThanOrEqual(reach === all ? 5 : 200)
        }
      }
    },
  )
})
