/** Credentials: good ones, bad ones, and those that are over. */
import type { MarketplaceCheck } from '../check.ts'
import { failureIn, judgeFailure, titles, troubles } from '../faults.ts'
import { fail } from '../judge.ts'
import { manyPages, rowTargets, settle, syncOf, walk } from '../walk.ts'
import { inWorld, parsed, type World } from '../world.ts'
import { secretsOf } from './privacy.ts'
import { type MarketBench, ofAdapter, ofEachTarget } from './targets.ts'

const withBad = async (world: World): Promise<World['account']> => ({
  ...world.account,
  credentials: await parsed(
    world.plugin.credentials,
    world.sample.badCredentials,
    'bad credentials of the sample',
  ),
})

/** As the host does before it verifies: a session that is over is made anew. */
const signIn = async (world: World): Promise<void> => {
  const target = rowTargets.find((one) => syncOf(world.plugin, one))
  if (target) await walk(world, target, { pages: 1 })
}

const noRefresh = ({ plugin }: MarketBench): string | undefined =>
  plugin.adapter.refresh ? undefined : 'the adapter refreshes nothing'

const faultChecks = Object.entries(troubles).map(([subject, list]) =>
  ofAdapter({
    id: `verify-${subject}-have-their-kind`,
    title: `${titles[subject]}, when credentials are verified`,
    remedy: 'Leave statuses to ctx.http, or let `explain` give the kind; throw nothing else',
    run: (bench) =>
      inWorld(bench, async (world) => {
        await signIn(world)
        for (const trouble of list) {
          const context = world.context({ intercept: () => trouble.meddling })
          const work = Promise.resolve(bench.plugin.adapter.verify(world.account, context))
          judgeFailure(await failureIn(work, trouble.name), trouble)
        }
      }),
  })
)

export const sessionChecks: readonly MarketplaceCheck[] = [
  ofAdapter({
    id: 'verify-good-credentials',
    title: 'Good credentials are verified, by asking the marketplace',
    remedy: 'Ask the cheapest thing that only a living session may ask',
    run: (bench) =>
      inWorld(bench, async (world) => {
        await signIn(world)
        const asked = world.requests.length
        await bench.plugin.adapter.verify(world.account, world.context())
        if (world.requests.length === asked) fail('nobody was asked')
      }),
  }),
  ofAdapter({
    id: 'verify-bad-credentials',
    title: 'Credentials that the marketplace refuses are a failure of the kind auth',
    remedy: 'Let `explain` read the refusal, and throw nothing but failure("auth", …)',
    run: (bench) =>
      inWorld(bench, async (world) => {
        const account = await withBad(world)
        const work = Promise.resolve(bench.plugin.adapter.verify(account, world.context()))
        const found = await failureIn(work, 'bad credentials')
        judgeFailure(found, { name: 'bad credentials', kind: 'auth', meddling: { cut: true } })
        if (secretsOf({ ...world, account }).some((one) => found.message.includes(one))) {
          fail('the message tells a credential')
        }
      }),
  }),
  ...faultChecks,
  ofAdapter({
    id: 'refresh-whole',
    title: 'A refresh gives whole credentials that fit their schema',
    remedy: 'Spread the old credentials before the new members: what is absent is forgotten',
    leftOut: noRefresh,
    run: (bench) =>
      inWorld(bench, async (world) => {
        const before = world.account.credentials as Readonly<Record<string, unknown>>
        const found = await bench.plugin.adapter.refresh?.(world.account, world.context())
        const after = await parsed(bench.plugin.credentials, found, 'refreshed credentials')
        const now = after as Readonly<Record<string, unknown>>
        const lost = Object.keys(before).find((name) =>
          (before[name] ?? null) !== null && (now[name] ?? null) === null
        )
        if (lost !== undefined) fail(`${lost} is gone`)
      }),
  }),
  ofAdapter({
    id: 'refresh-works',
    title: 'Refreshed credentials are verified, and live for some time',
    remedy: 'Keep what the marketplace gives, and when it ends, on the upstream’s clock',
    leftOut: noRefresh,
    run: (bench) =>
      inWorld(bench, async (world) => {
        const found = await bench.plugin.adapter.refresh?.(world.account, world.context())
        const credentials = await parsed(bench.plugin.credentials, found, 'refreshed credentials')
        world.account = { ...world.account, credentials }
        await bench.plugin.adapter.verify(world.account, world.context())
        for (const target of rowTargets) {
          if (!syncOf(bench.plugin, target)) continue
          const early = await walk(world, target, { pages: 1, patience: 0 })
          if (early.length === 0) fail(`they open no ${target.toLowerCase()}`)
        }
      }),
  }),
  ofAdapter({
    id: 'refresh-dead',
    title: 'A refresh of credentials that are dead is a failure of the kind auth',
    remedy: 'Let `explain` read the refusal: who has to connect anew is told by auth alone',
    leftOut: noRefresh,
    run: (bench) =>
      inWorld(bench, async (world) => {
        const account = await withBad(world)
        const work = Promise.resolve(bench.plugin.adapter.refresh?.(account, world.context()))
        const trouble = { name: 'dead credentials', meddling: { cut: true } } as const
        judgeFailure(await failureIn(work, 'a refresh'), { ...trouble, kind: 'auth' })
      }),
  }),
  ofAdapter({
    id: 'refresh-failures-have-their-kind',
    title: 'A refresh that the marketplace cannot answer is no dead session',
    remedy: 'Give auth only for a refusal: what is unavailable is asked again',
    leftOut: noRefresh,
    run: (bench) =>
      inWorld(bench, async (world) => {
        const list = ['upstream-down', 'throttled', 'strange-answers']
          .flatMap((subject) => troubles[subject] ?? [])
          // a pair whose answer is lost may have been used: that is another matter
          .filter(({ meddling }) => !('lost' in meddling) && !('change' in meddling))
        for (const trouble of list) {
          const context = world.context({ intercept: () => trouble.meddling })
          const work = Promise.resolve(bench.plugin.adapter.refresh?.(world.account, context))
          judgeFailure(await failureIn(work, trouble.name), trouble)
        }
      }),
  }),
  ...ofEachTarget(
    'bad-credentials',
    'A walk over {rows} with credentials that are refused is a failure of the kind auth',
    'Let `explain` read the refusal as auth',
    (bench, target) =>
      inWorld(bench, async (world) => {
        world.account = await withBad(world)
        const found = await failureIn(walk(world, target, { patience: 0 }), 'bad credentials')
        judgeFailure(found, { name: 'bad credentials', kind: 'auth', meddling: { cut: true } })
      }),
  ),
  ...ofEachTarget(
    'session-that-ends',
    'A session that is over in the middle of the walk over {rows} is refreshed, and it goes on',
    'Look at the end of the token before each request, and throw auth where it is near',
    async (bench, target) => {
      const { rows } = await manyPages(bench, target, 2)
      await inWorld(bench, async (world) => {
        const found = await walk(world, target, {
          between: async (_page, at) => {
            if (at === 1) await world.pass(86_400)
          },
        })
        const all = settle(found)
        for (const id of rows.keys()) if (!all.has(id)) fail(`${id} was lost`)
      })
    },
    noRefresh,
  ),
]
