/** From the open order to the closed manifest: killed at each step, and still one parcel an order. */
import { type Batch, failure, type StepResult } from '../../../plugin.ts'
import type { MarketplaceCheck } from '../check.ts'
import { failureIn, judgeFailure, troubles } from '../faults.ts'
import { fail } from '../judge.ts'
import { batchIn, drainBatch, endsOf, type Processed } from '../process.ts'
import { inWorld } from '../world.ts'
import { judgeEnd, ofBatch, undisturbed } from './batch.ts'

const killed = () => failure('unavailable', 'The worker was killed')
const spread = (count: number, most: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => at)
    .filter((at) => at % Math.max(1, Math.ceil(count / most)) === 0)
const mostKills = 10

/** Right behind each write, where most is in doubt, and here and there between. */
const killsOf = ({ yielded, written }: Processed): readonly number[] => {
  const behind = written.flatMap((count, at) => count > (written[at - 1] ?? 0) ? [at] : [])
  const between = spread(yielded.length, mostKills / 2)
  return [
    ...new Set([...spread(behind.length, mostKills).map((at) => behind[at] ?? 0), ...between]),
  ]
}

export const withUnknown = (batch: Batch): Batch => {
  const [first, ...rest] = batch.orders
  if (!first) return batch
  return {
    ...batch,
    orders: [{ ...first, id: `${first.id}-unknown`, externalId: 'KIT-UNKNOWN-1' }, ...rest],
  }
}

const meddled = (
  id: string,
  title: string,
  remedy: string,
  meddling: { readonly lost: true } | { readonly cut: true },
): MarketplaceCheck =>
  ofBatch(id, title, remedy, async (bench) => {
    const { processed } = await undisturbed(bench)
    for (const write of spread(processed.writes.length, mostKills)) {
      await inWorld(bench, async (world) => {
        const batch = await batchIn(bench, world)
        const found = await drainBatch(world, batch, {
          meddle: (at) => at === write ? meddling : undefined,
        })
        await judgeEnd(bench, world, found, `write ${write + 1} of ${processed.writes.length}`)
      })
    }
  })

export const processingChecks: readonly MarketplaceCheck[] = [
  ofBatch(
    'processing-comes-to-its-end',
    'The orders of a batch come to their end, each step with an outcome of its own',
    'Yield `done` or `held` for every order, and `done` or `failed` for steps of the batch',
    async (bench) => {
      const { processed, parcels, orders } = await undisturbed(bench)
      const open = processed.done.find(({ outcome }) => outcome === 'started')
      if (open) fail(`the step "${open.step}" was begun and never ended`)
      const failed = processed.done.find(({ outcome }) => outcome === 'failed')
      if (failed) fail(`the step "${failed.step}" has failed: ${failed.code ?? 'no code'}`)
      const held = processed.done.find(({ outcome }) => outcome === 'held')
      if (held) fail(`an order of the sample is held at "${held.step}": ${held.code}`)
      for (const order of orders) {
        if (parcels && parcels[order] !== 1) fail(`${parcels[order] ?? 0} parcels of one order`)
      }
    },
  ),
  ofBatch(
    'processing-started-before-write',
    'Every write at the marketplace is preceded by a step that says it has begun',
    'Yield `started` before the request, so that whoever goes on knows what is in doubt',
    async (bench) => {
      const { writes } = (await undisturbed(bench)).processed
      const bare = writes.findIndex(({ open }) => open.length === 0)
      if (bare >= 0) fail(`${writes[bare]?.request.url.pathname} was written out of the blue`)
    },
  ),
  ofBatch(
    'processing-killed-anywhere',
    'Killed after any step, recorded or not, the batch goes on to the same end',
    'Do not do again what is `done`, and read at the marketplace what is `started`',
    async (bench) => {
      const { processed } = await undisturbed(bench)
      for (const at of killsOf(processed)) {
        await inWorld(bench, async (world) => {
          const batch = await batchIn(bench, world)
          const look = (_step: StepResult, now: number) => {
            if (now === at) throw killed()
          }
          const found = await drainBatch(world, batch, { look })
          await judgeEnd(bench, world, found, `killed at step ${at + 1}`)
        })
      }
    },
  ),
  meddled(
    'processing-lost-answers',
    'A write whose answer is lost is not made again: one parcel an order',
    'Where a step stands as `started`, ask what the marketplace has before it is written again',
    { lost: true },
  ),
  meddled(
    'processing-cut-requests',
    'A write that never arrived is made in the end',
    'Where a step stands as `started` and the marketplace knows nothing, write it',
    { cut: true },
  ),
  ofBatch(
    'processing-done-is-done',
    'A batch that is finished writes nothing when it is asked for again',
    'Look into `Batch.done` before each step',
    (bench) =>
      inWorld(bench, async (world) => {
        const batch = await batchIn(bench, world)
        const { done } = await drainBatch(world, batch)
        const again = await drainBatch(world, { ...batch, done })
        if (again.writes.length > 0) fail(`${again.writes[0]?.request.url.pathname} was written`)
        await judgeEnd(bench, world, again, 'asked for again')
      }),
  ),
  ofBatch(
    'processing-bad-order-is-held',
    'An order that cannot go on is held with a code and a sentence; the others come to their end',
    'Yield `held` for the one order, and go on with the rest',
    (bench) =>
      inWorld(bench, async (world) => {
        const { processed } = await undisturbed(bench)
        const batch = withUnknown(await batchIn(bench, world))
        const found = await drainBatch(world, batch)
        const [bad] = batch.orders
        const held = found.done.find(({ order, outcome }) =>
          order === bad?.id && outcome === 'held'
        )
        if (!held) fail('the order that the marketplace does not know is not held')
        if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(held?.code ?? '')) fail('its code is not kebab-case')
        if (!held?.message) fail('nothing tells the seller why')
        const wanted = endsOf(processed)
        const ends = endsOf(found)
        for (const { id } of batch.orders.slice(1)) {
          for (const [key, end] of Object.entries(wanted)) {
            if (key.endsWith(` ${id}`) && ends[key] !== end) {
              fail(`another order: ${key.split(' ')[0]} is ${ends[key] ?? 'not there'}`)
            }
          }
        }
      }),
  ),
  ofBatch(
    'processing-failures-have-their-kind',
    'A failure in the middle of a batch has its kind, and holds no order back',
    'Throw what ctx.http throws: the host goes on with the batch later',
    async (bench) => {
      const list = ['refused-access', 'throttled', 'upstream-down']
        .flatMap((subject) => troubles[subject] ?? [])
      for (const trouble of list) {
        await inWorld(bench, async (world) => {
          const batch = await batchIn(bench, world)
          const context = world.context({ intercept: () => trouble.meddling })
          const work = async () => {
            const steps = world.plugin.adapter.fullProcessing?.(world.account, batch, context)
            for await (const { outcome, code } of steps ?? []) {
              if (outcome === 'held') fail(`${trouble.name}: an order is held, ${code}`)
            }
          }
          judgeFailure(await failureIn(work(), trouble.name), trouble)
        })
      }
    },
  ),
]
