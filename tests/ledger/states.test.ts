/**
 * Where an order ends does not depend on the order in which its events come in, nor on how often.
 * `ROBNU_STATES` sequences of twenty events (`npm run proof -- states`: ten thousand), drawn from
 * `ROBNU_SEED`.
 */
import fc from 'fast-check'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Happening, history, outcomesIn, tell, tellable } from './support/histories.ts'
import { openPages, type Pages } from './support/pages.ts'

const sequences = Number(process.env['ROBNU_STATES'] ?? 60)
const seed = Number(process.env['ROBNU_SEED'] ?? 20_261_122)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
/** Orders that are told of in one page. */
const together = 500

let pages: Pages
beforeAll(async () => {
  pages = await openPages()
})
afterAll(() => pages?.close())

let told = 0
/** Tells each sequence of an order of its own, all of them step by step; their outcomes. */
const outcomesOf = async (all: readonly (readonly Happening[])[]): Promise<readonly unknown[]> => {
  const orders = all.map((sequence) => [`o${told++}`, tellable(sequence)] as const)
  const longest = Math.max(...all.map(({ length }) => length))
  for (let from = 0; from < orders.length; from += together) {
    const some = orders.slice(from, from + together)
    for (let step = 0; step < longest; step++) {
      await tell(
        pages,
        some.flatMap(([order, sequence]) => {
          const what = sequence[step]
          return what ? [[order, what] as const] : []
        }),
      )
    }
  }
  return await outcomesIn(pages, orders.map(([order]) => order))
}
const allAlike = (outcomes: readonly unknown[], sequencesOf: readonly unknown[]): void => {
  for (const [i, outcome] of outcomes.entries()) {
    expect(outcome, JSON.stringify([sequencesOf[0], sequencesOf[i]])).toEqual(outcomes[0])
  }
}

const permutations = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  all.length < 2
    ? [all]
    : all.flatMap((one, i) => permutations(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))

it('is the same for all orders of six events', async () => {
  const say = (minute: number, status: 'NEW' | 'SHIPPED' | 'DELIVERED' | 'RTO_IN_TRANSIT' | null) =>
    ({ says: 'order', minute, status, onHold: minute === 1, parcels: [] }) as const
  const six: readonly Happening[] = [
    say(1, 'NEW'),
    say(9, null),
    { ...say(4, 'SHIPPED'), parcels: [{ number: 1, minute: 4, status: 'READY_TO_SHIP' }] },
    { ...say(6, 'DELIVERED'), parcels: [{ number: 1, minute: 5, status: 'PACKED' }] },
    say(7, 'RTO_IN_TRANSIT'),
    { says: 'move', minute: 3, status: 'PACKED' },
  ]
  const all = permutations(six)
  expect(all).toHaveLength(720)
  const outcomes = await outcomesOf(all)
  allAlike(outcomes, all)
  expect(outcomes[0]).toMatchObject({
    order: [{ status: 'DELIVERED', raw_status: 'At the seaside', on_hold: false }],
    // the label was cancelled after it had been made
    parcels: [{ status: 'PACKED' }],
  })
  expect(outcomes[0]).toHaveProperty(
    'timeline',
    expect.arrayContaining([
      expect.objectContaining({ kind: 'order.unknown-status', raw: 'At the seaside' }),
      expect.objectContaining({ kind: 'order.conflict', state: 'RTO_IN_TRANSIT' }),
    ]),
  )
}, 60_000)

it('is the same for twenty events in any order, some of them told again', async () => {
  const shuffles = 20
  const sets = Math.max(1, Math.round(sequences / shuffles))
  const drawn = fc.sample(
    history(20).chain((all) =>
      fc.array(
        fc.tuple(
          fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length }),
          fc.subarray([...all], { maxLength: 5 }),
        ).map(([shuffled, again]) => [...shuffled, ...again]),
        { minLength: shuffles, maxLength: shuffles },
      )
    ),
    { numRuns: sets, seed },
  )
  let events = 0
  for (const all of drawn) {
    allAlike(await outcomesOf(all), all)
    events += all.reduce((sum, { length }) => sum + length, 0)
  }
  // oxlint-disable-next-line no-console -- the figures of the proof
  say(`States: ${JSON.stringify({ seed, sequences: sets * shuffles, events })}`)
  expect(events).toBeGreaterThanOrEqual(sets * shuffles * 20)
}, 3_600_000)
