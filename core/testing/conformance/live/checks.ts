/** Checks against the real marketplace: the sign-in, and the first page of each kind of row. */
import { mkdir, writeFile } from 'node:fs/promises'
import type { Marketplace, Schema } from '../../../plugin.ts'
import { orderForm, payoutForm, returnForm } from '../../../rules/rows.ts'
import { cassetteText } from '../../cassettes/cassette.ts'
import { recordRun, replayRun, rowsText, runPages } from '../../cassettes/run.ts'
import type { Bench } from '../bench.ts'
import type { MarketplaceCheck } from '../check.ts'
import { leaveOut } from '../judge.ts'
import type { RowTarget } from '../walk.ts'
import { keepFresh, liveAccount, liveContext, liveOf } from './context.ts'

type MarketBench = Bench<Marketplace>

const noAccount = ({ live }: MarketBench): string | undefined =>
  live ? undefined : 'no real account was given: --live <file.json>'

const pageCheck = (
  target: RowTarget,
  method: 'syncOrders' | 'syncReturns' | 'syncPayouts',
  form: Schema,
): MarketplaceCheck => ({
  id: `live-${target.toLowerCase()}-page`,
  tier: 'live',
  title: `the first page of ${method} is read, and most of it is understood`,
  remedy:
    'look at the reasons of the rejected rows; record the page with --record and mend the adapter over it',
  leftOut: (bench) =>
    noAccount(bench) ?? (bench.plugin.adapter[method] ? undefined : `it has no ${method}`),
  run: async (bench) => {
    const { plugin } = bench
    const live = liveOf(bench)
    const run = {
      plugin,
      account: await liveAccount(bench),
      context: await liveContext(bench),
      target,
    }
    const limits = {
      ...{ pages: 1, mayRefresh: live.mayRefresh === true },
      refreshed: (credentials: unknown) => keepFresh(live, credentials),
    }
    const pages = live.record === undefined
      ? await runPages(run, limits)
      : await recorded(run, limits, live.record)
    const [page] = pages
    if (!page) throw new Error('there was no page')
    const { rows, rejected, received } = page
    if (rows.length + rejected.length !== received) {
      throw new Error(`${received} received, ${rows.length} rows and ${rejected.length} rejected`)
    }
    if (received === 0) leaveOut('the account has no rows of this kind')
    if (rejected.length > rows.length) {
      const reasons = [...new Set(rejected.map(({ reason }) => reason))].join(', ')
      throw new Error(`${rejected.length} of ${received} rows were rejected: ${reasons}`)
    }
    for (const row of rows) {
      const result = await form['~standard'].validate(row)
      if (!result.issues) continue
      const path = (result.issues[0]?.path ?? []).map(String).join('.')
      throw new Error(`a row has not the form of the contract at "${path}"`)
    }
  },
})

/** Scrubbed before a byte is written; what is judged is the replay of it. */
const recorded = async (
  run: Parameters<typeof recordRun>[0],
  limits: Parameters<typeof recordRun>[1],
  folder: URL,
) => {
  const cassette = await recordRun(run, limits)
  const pages = await replayRun(run.plugin, cassette, run.target)
  const name = run.target.toLowerCase()
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.json`, folder), cassetteText(cassette))
  await writeFile(new URL(`${name}.rows.json`, folder), rowsText(pages))
  return pages
}

export const liveChecks: readonly MarketplaceCheck[] = [
  {
    id: 'live-verify',
    tier: 'live',
    title: 'the marketplace knows the account',
    remedy: 'connect the account anew, and put its details and credentials into the file',
    leftOut: noAccount,
    run: async (bench) => {
      await bench.plugin.adapter.verify(await liveAccount(bench), await liveContext(bench))
    },
  },
  pageCheck('ORDERS', 'syncOrders', orderForm),
  pageCheck('RETURNS', 'syncReturns', returnForm),
  pageCheck('PAYOUTS', 'syncPayouts', payoutForm),
]
