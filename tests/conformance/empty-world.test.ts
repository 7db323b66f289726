/** A check that sees nothing does not pass: the kit over plugins that bring nothing, or too little. */
import { afterEach, expect, test, vi } from 'vitest'
import type { Adapter, Marketplace, Plugin } from '../../core/plugin.ts'
import { checksFor, runChecks } from '../../core/testing/conformance/run.ts'
import type { AnyPage } from '../../core/testing/conformance/walk.ts'
import bazaar from '../support/bazaar/mod.ts'
import sample from '../support/bazaar/sample.ts'
import { market, pages, walking } from './fixtures/spoil.ts'

vi.setConfig({ testTimeout: 60_000 })
afterEach(() => {
  vi.unstubAllGlobals()
})

/** The checks of these ids, each with what came of it; a reason where it was left out. */
const outcomesOf = async (plugin: Plugin, ids: RegExp) => {
  const only = checksFor(bazaar).filter(({ tier, id }) => tier === 'behaviour' && ids.test(id))
    .map(({ id }) => id)
  const { checks } = await runChecks({ plugin, sample }, { only, patience: 20 })
  return {
    passed: checks.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id),
    leftOut: Object.fromEntries(
      checks.flatMap(({ id, outcome, message }) => outcome === 'left-out' ? [[id, message]] : []),
    ),
  }
}

test('without a row only that passes which needs none', async () => {
  const { adapter } = pages('ORDERS', (page) => ({
    ...{ ...page, rows: [], rejected: [], received: 0 },
  })) as Marketplace
  const { passed } = await outcomesOf(market({ adapter }), /^(?:orders|processing|pii)-/)
  expect(passed).toEqual([
    // the first request is enough for these
    ...['orders-bad-credentials', 'orders-aborted-before', 'orders-aborted-during'],
    'orders-stopped-early',
    // of a refresh
    'pii-paths-cover-tokens',
  ])
})

test('a plugin that does nothing at all passes next to nothing', async () => {
  const none = async function* () {}
  const idle = {
    verify: () => Promise.resolve(),
    refresh: ({ credentials }: { readonly credentials: unknown }) => Promise.resolve(credentials),
    ...{ syncOrders: none, syncReturns: none, syncPayouts: none, fullProcessing: none },
    ...{ pushInventory: () => Promise.resolve([]), readInventory: () => Promise.resolve([]) },
  } as unknown as Adapter
  const imports = bazaar.imports?.map((one) => ({ ...one, rows: none }))
  const plugin = market({ adapter: idle, imports })
  const { passed, leftOut } = await outcomesOf(plugin, /^(?!returns|payouts|webhooks|pushes)/)
  expect(passed).toEqual([
    // what it gives back is whole
    'refresh-whole',
    // nothing for nothing is right
    ...['stock-nothing-to-tell', 'imports-nothing-of-nothing'],
    // recordings are looked at without the plugin
    'cassettes-without-secrets',
  ])
  expect(leftOut).toEqual({
    'pii-paths-cover-tokens': 'a refresh asks the marketplace for nothing',
  })
})

test('what needs pages is left out where there is one', async () => {
  const plugin = walking('ORDERS', (own) =>
    async function* (...args) {
      const all: AnyPage[] = []
      for await (const page of own(...args)) all.push(page)
      const last = all.at(-1)
      if (!last) return
      yield {
        ...{ cursor: last.cursor, last: true },
        rows: all.flatMap((page) => page.rows),
        rejected: all.flatMap((page) => page.rejected),
        received: all.reduce((sum, page) => sum + page.received, 0),
      }
    })
  const ofPages =
    /^orders-(?:session-that|resume|stored|aborted-between|shifting|window-resumes|can-be)/
  const { passed, leftOut } = await outcomesOf(plugin, ofPages)
  expect(passed).toEqual(['orders-can-be-cloned'])
  const short = (least: number) => `a full run of the orders has less than ${least} pages`
  expect(leftOut).toEqual({
    'orders-session-that-ends': short(2),
    'orders-resume-from-every-cursor': short(2),
    'orders-resume-repeats-little': short(3),
    'orders-shifting-pages-lose-nothing': short(2),
    'orders-window-resumes': 'a window of the orders has less than 2 pages',
    'orders-stored-before-a-failure': short(2),
    'orders-aborted-between': short(2),
  })
})

test('what needs a verb, an amount or a buyer is left out where there is none', async () => {
  const own = globalThis.fetch
  vi.stubGlobal(
    'fetch',
    (input: string, init?: RequestInit) =>
      input.endsWith('/_control')
        ? Promise.resolve(Response.json({ verbs: [] }))
        : own(input, init),
  )
  const ids = /-(?:shifting|late-news|told-twice|money-to)|silent-about-buyers|^payouts-later/
  const { leftOut } = await outcomesOf(bazaar, ids)
  expect(leftOut).toMatchObject({
    'orders-shifting-pages-lose-nothing': 'the sandbox has no verb shiftPages',
    'orders-late-news-come': 'the sandbox has no verb lag',
    'orders-told-twice-is-once':
      'the sandbox has neither of the verbs duplicateNextPush and reorderPushes',
    'returns-money-to-the-paisa': 'a row of the returns has no amount as text with two decimals',
    'returns-silent-about-buyers': 'the returns tell of no buyer',
    'payouts-silent-about-buyers': 'the payouts tell of no buyer',
    'payouts-later-changes-come': 'the later changes of the sample change none of the payouts',
  })
})
