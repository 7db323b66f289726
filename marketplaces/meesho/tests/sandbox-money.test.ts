import type { PayoutRow } from 'robnu/plugin'
import { type FakeContext, sandboxContext } from 'robnu/testing'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { paymentReports } from '../imports/reports.ts'
import { type Gateway, startWorld, type World } from './sandbox-world.ts'

const File = z.object({
  ...{ name: z.string(), kind: z.string(), url: z.string(), sha256: z.string() },
  ...{ from: z.string(), to: z.string(), updated_at: z.string() },
})
type File = z.infer<typeof File>
const filesOf = async (gateway: Gateway, kind: string, from: string, to: string) => {
  const path = `/v2/payments?from=${from}&to=${to}&kind=${kind}`
  return z.object({ files: z.array(File) }).parse((await gateway.ask('GET', path)).json).files
}
interface Outcome {
  readonly rows: readonly PayoutRow[]
  readonly others: readonly string[]
}

/** What the readers of the imports make of a file. */
const read = async (ctx: FakeContext, file: File): Promise<Outcome> => {
  const rows: PayoutRow[] = []
  const others: string[] = []
  for (const { signature, groupBy = [], rows: rowsOf } of paymentReports) {
    const table = await ctx.table(file.url, { signature, groupBy })
    if (!table) throw new Error(`no ${signature[0]} in ${file.name}`)
    const account = { externalAccountId: 'SUP100001', now: ctx.now() }
    for await (const result of rowsOf(table.columns, table.records, account)) {
      if ('row' in result) rows.push(result.row)
      else others.push('skipped' in result ? result.skipped : `! ${result.rejected}`)
    }
  }
  return { rows, others }
}

const sumsOf = (rows: readonly PayoutRow[]) => {
  const sums = new Map<string, { state: string | null; paise: number; lines: Set<string> }>()
  for (const { externalId, status, lines } of rows) {
    const sum = sums.get(externalId) ?? { state: status, paise: 0, lines: new Set() }
    for (const { externalId: id, net } of lines) {
      if (sum.lines.has(id)) throw new Error(`${id} twice`)
      sum.lines.add(id)
      sum.paise += Math.round(Number(net) * 100)
    }
    sums.set(externalId, sum)
  }
  return sums
}
const known = async (world: World) =>
  (await world.ledger()).payouts.map(({ id, state, amount, lines }) => {
    return [id, state, Math.round(Number(amount) * 100), lines] as const
  })

test('the files add up to what was paid and what is owed, to the paisa', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const ctx = sandboxContext(world.sandbox)
  const files = [
    ...await filesOf(gateway, 'PREVIOUS', '2026-07-16', '2026-08-14'),
    ...await filesOf(gateway, 'OUTSTANDING', '2026-08-07', '2026-09-05'),
  ]
  const outcomes = await Promise.all(files.map((file) => read(ctx, file)))
  const sums = sumsOf(outcomes.flatMap(({ rows }) => rows))
  const told = [...sums].map(([id, { state, paise, lines }]) => [id, state, paise, lines.size])
  expect(told.toSorted()).toEqual((await known(world)).toSorted())
  expect(told.length).toBeGreaterThan(25)
  const others = new Set(outcomes.flatMap(({ others }) => others))
  expect(others).toEqual(new Set(['formula-line', 'no-data']))
  const bytes = (await world.fetchFile(files[0]?.url ?? '')).bytes
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(files[0]?.sha256)
})

test('a sub-order stands in several files: its sale, and what was taken back', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const ctx = sandboxContext(world.sandbox)
  const [no = ''] = await gateway.place({ sku: 'SAREE-CHF' })
  await world.control('delivered', { orderId: no })
  const lines = async (kind: string, from: string, to: string) => {
    const files = await filesOf(gateway, kind, from, to)
    const outcomes = await Promise.all(files.map((file) => read(ctx, file)))
    return outcomes.flatMap(({ rows }) =>
      rows.flatMap((row) =>
        row.lines.filter(({ orderExternalId: id }) => id === no).map((line) => ({ row, line }))
      )
    )
  }
  const [forecast] = await lines('OUTSTANDING', '2026-08-14', '2026-08-31')
  expect(forecast?.row).toMatchObject({ externalId: 'EXP-2026-08-21', status: 'OPEN' })
  expect(forecast?.row.forecast).toBe(true)
  await world.wait(8 * 24 * 60)
  const [sale] = await lines('PREVIOUS', '2026-08-14', '2026-08-22')
  expect(sale?.row).toMatchObject({ status: 'PAID', paidOn: '2026-08-21' })
  // the same line: what was expected of it is gone
  expect(sale?.line).toEqual({ ...forecast?.line, at: new Date('2026-08-20T18:30:00Z') })
  expect(sale?.line.externalId).toBe(`${no}/SALE`)

  const { returnId } = await world.control('createReturn', { orderId: no })
  await world.control('returnEvent', { returnId, status: 'DELIVERED' })
  await world.wait(3 * 24 * 60)
  const both = await lines('PREVIOUS', '2026-08-14', '2026-08-30')
  expect(both.map(({ line }) => line.kind)).toEqual(['SALE', 'RETURN'])
  expect(both[0]?.line).toEqual(sale?.line)
  const [gross, back] = both.map(({ line }) => Number(line.gross))
  expect((gross ?? NaN) + (back ?? NaN)).toBe(0)
  expect(new Set(both.map(({ row }) => row.externalId)).size).toBe(2)
})

test('files are by calendar week, and one without payments says so', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const files = await filesOf(gateway, 'PREVIOUS', '2026-08-05', '2026-08-18')
  expect(files.map(({ from, to }) => `${from} ${to}`)).toEqual([
    ...['2026-08-05 2026-08-09', '2026-08-10 2026-08-16', '2026-08-17 2026-08-18'],
  ])
  expect(files[0]?.name).toBe(
    '1203401_SP_ORDER_ADS_REFERRAL_PAYMENT_FILE_PREVIOUS_PAYMENT_2026-08-05_2026-08-09.zip',
  )
  const ctx = sandboxContext(world.sandbox)
  const [empty] = files.slice(-1)
  const { rows, others } = empty ? await read(ctx, empty) : { rows: [], others: [] }
  expect(rows).toEqual([])
  expect(others).toEqual(['formula-line', 'no-data', 'no-data', 'no-data', 'no-data'])
  await world.wait(16)
  expect((await world.fetchFile(files[0]?.url ?? '')).status).toBe(410)
})

test('what is open can be paid at once; a lost parcel is paid for', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await gateway.place({ sku: 'DUPATTA', fate: 'lost' })
  await world.control('advance', { orderId: no, to: 'LOST' })
  const { transactionId, amount } = await world.control('closeSettlement', { supplier: gateway.id })
  const { payouts } = await world.ledger()
  expect(payouts.filter(({ state }) => state === 'OPEN')).toEqual([])
  expect(payouts.find(({ id }) => id === transactionId)).toMatchObject({ state: 'PAID', amount })
  await expect(world.control('closeSettlement', { supplier: gateway.id })).rejects.toThrow(
    'nothing',
  )
  const [file] = await filesOf(gateway, 'PREVIOUS', '2026-08-14', '2026-08-14')
  const { rows } = file ? await read(sandboxContext(world.sandbox), file) : { rows: [] }
  const line = rows.flatMap((row) => row.lines).find(({ orderExternalId: id }) => id === no)
  expect(line).toMatchObject({ kind: 'COMPENSATION', deductionReason: 'Lost by the courier' })
})
