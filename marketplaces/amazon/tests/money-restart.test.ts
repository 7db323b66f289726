/** What was done to returns and money outlives a restart of the sandbox. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callVerb, sandboxContext } from 'robnu/testing'
import { expect, test } from 'vitest'
import { createReport, getReport, listReports } from '../reports.ts'
import amazon from '../mod.ts'
import startSandbox from '../sandbox.ts'
import { connect } from './support.ts'

const partner = 'A2DEMOSELLERIN'
type Truth = {
  readonly accounts: Readonly<
    Record<string, {
      readonly orders: readonly { readonly id: string; readonly state: string }[]
      readonly returns: readonly { readonly id: string; readonly state: string }[]
      readonly payouts: readonly { readonly id: string }[]
    }>
  >
}

test('a restart finds the same returns, settlements and reports', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'amazon-money-'))
  const open = () => startSandbox({ seed: 7, speed: 0, env: {}, dir })
  const ledgerOf = async (of: Awaited<ReturnType<typeof open>>) =>
    (await callVerb(of, 'ledger') as Truth).accounts[partner]
  try {
    const first = await open()
    const ctx = sandboxContext(first, { hosts: amazon.hosts })
    const account = await connect({ sandbox: first, ctx }, 1)
    const before = await ledgerOf(first)
    const orderId = before?.orders.find(({ state }) => state === 'DELIVERED')?.id
    const { returnIds } = await callVerb(first, 'createReturn', { orderId }) as {
      readonly returnIds: readonly string[]
    }
    await callVerb(first, 'clock', { bySeconds: 60 })
    const status = 'PROCESSED'
    await callVerb(first, 'returnEvent', { partner, returnId: returnIds[0], status })
    const { settlementId } = await callVerb(first, 'closeSettlement', { partner }) as {
      readonly settlementId: string
    }
    const window = { from: '2022-05-10T00:00:00Z', to: '2022-06-29T18:00:00Z' }
    const reportType = 'GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE'
    const reportId = await createReport(account, ctx, { reportType, ...window })
    await callVerb(first, 'clock', { bySeconds: 600 })
    const wanted = await ledgerOf(first)
    expect(wanted?.payouts.map(({ id }) => id)).toContain(settlementId)
    expect(wanted?.returns).toContainEqual(
      expect.objectContaining({ id: returnIds[0], state: 'PROCESSED' }),
    )
    const report = await getReport(account, ctx, reportId)
    await first.stop()

    const second = await open()
    try {
      const again = sandboxContext(second, { hosts: amazon.hosts })
      expect(await ledgerOf(second)).toEqual(wanted)
      expect(await getReport(account, again, reportId)).toEqual(report)
      const all = await listReports(account, again, {
        reportType: 'GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2',
        ...{ from: '2022-04-15T00:00:00Z', to: '2022-07-01T00:00:00Z' },
      })
      expect(all.length).toBeGreaterThan(5)
      expect(all.map(({ createdTime }) => createdTime)).toEqual(
        all.map(({ createdTime }) => createdTime).toSorted(),
      )
    } finally {
      await second.stop()
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
