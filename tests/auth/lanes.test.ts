/** Counts of tries in the database: held against a model, and by several processes at once. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLanes, type Lane } from '../../core/auth/lanes.ts'
import type { Database } from '../../core/db/database.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { newId } from '../../core/ids.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { memoryLanes } from '../support/sign-in.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const key = new Uint8Array(32).fill(3)
const start = Date.parse('2026-02-01T00:00:00Z')
const minute = 60_000

const make = (db: Database = fresh.db) => {
  const clock = { now: start }
  const now = () => new Date(clock.now)
  return { clock, now, lanes: createLanes({ db, key, now }) }
}
const ten = (of: string): Lane => ({ name: 'ten', of, limit: 10, windowMs: 15 * minute })

describe('a lane', () => {
  it('lets 10 tries pass in any 15 minutes, and tells when the next may come', async () => {
    const { clock, lanes } = make()
    const lane = ten(newId())
    for (let tries = 0; tries < 10; tries++) {
      expect(await lanes.take([lane])).toBeNull()
      clock.now += minute
    }
    // the first one is 10 minutes old
    expect(await lanes.take([lane])).toBe(5 * 60)
    expect(await lanes.take([lane])).toBe(5 * 60)
    clock.now += 5 * minute - 1
    expect(await lanes.take([lane])).toBe(1)
    clock.now += 1
    expect(await lanes.take([lane])).toBeNull()
    // the second one leaves the window a minute later
    expect(await lanes.take([lane])).toBe(60)
  })

  it('counts nothing where another one is full', async () => {
    const { lanes } = make()
    const [one, other] = [ten(newId()), { ...ten(newId()), limit: 1 }]
    expect(await lanes.take([one, other])).toBeNull()
    for (let tries = 0; tries < 20; tries++) expect(await lanes.take([one, other])).toBe(900)
    for (let tries = 0; tries < 9; tries++) expect(await lanes.take([one])).toBeNull()
    expect(await lanes.take([one])).toBe(900)
  })

  it('never lets more pass where it counts by the minute', async () => {
    const { clock, lanes } = make()
    const wide = { name: 'wide', of: newId(), limit: 30, windowMs: 5 * minute, stepMs: minute }
    const passed: number[] = []
    for (let tries = 0; tries < 400; tries++) {
      clock.now += 3_700
      if (await lanes.take([wide]) === null) passed.push(clock.now)
    }
    expect(passed.length).toBeGreaterThan(60)
    for (const at of passed) {
      const within = passed.filter((other) => other > at - 5 * minute && other <= at)
      expect(within.length).toBeLessThanOrEqual(30)
    }
  })

  it('tells nobody who reads the table whom it is of', async () => {
    const { lanes } = make()
    await lanes.take([ten('asha@example.in')])
    const [row] = await fresh.asSuperuser((sql) =>
      sql<{ all: string }[]>`select string_agg(t::text, ' ') as all from sign_in_tries t`
    )
    expect(row?.all.length).toBeGreaterThan(50)
    expect(row?.all).not.toContain('asha')
  })

  it('is forgotten when nobody has come by for long', async () => {
    const { clock, lanes } = make()
    for (let of = 0; of < 40; of++) await lanes.take([ten(`old ${of}`)])
    clock.now += 60 * minute
    // one call in fifty cleans up
    for (let turn = 0; turn < 80; turn++) {
      await Promise.all(Array.from({ length: 8 }, () => lanes.take([ten(newId())])))
    }
    const [row] = await fresh.asSuperuser((sql) =>
      sql<{ old: number }[]>`
        select count(*)::int as old from sign_in_tries where ends_at < ${new Date(clock.now)}`
    )
    expect(row?.old).toBe(0)
  })

  it('does what the plainest model does, whatever comes', async () => {
    const sizes: readonly Omit<Lane, 'of'>[] = [
      { name: 'a', limit: 3, windowMs: 20_000 },
      { name: 'b', limit: 5, windowMs: 60_000, stepMs: 7_000 },
      { name: 'c', limit: 1, windowMs: 3_000 },
    ]
    const act = fc.record({
      wait: fc.integer({ min: 0, max: 9_000 }),
      which: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
      kind: fc.constantFrom('take', 'take', 'take', 'take', 'giveBack'),
    })
    const seed = Date.now() & 0xffffff
    let compared = 0
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 20, maxLength: 40 }), async (acts) => {
        const { clock, now, lanes } = make()
        const model = memoryLanes(now)
        const of = newId()
        const laneAt = (at: number): Lane => {
          const size = sizes[at % 3] ?? { name: '', limit: 0, windowMs: 0 }
          return { ...size, of: `${of} ${Math.floor(at / 3)}` }
        }
        for (const { wait, which, kind } of acts) {
          clock.now += wait
          const chosen = which.map(laneAt)
          if (kind === 'take') {
            compared++
            expect(await lanes.take(chosen)).toBe(await model.take(chosen))
          } else {
            await lanes.giveBack(chosen.slice(0, 1), chosen.slice(1))
            await model.giveBack(chosen.slice(0, 1), chosen.slice(1))
          }
        }
      }),
      { numRuns: 25, seed },
    )
    expect(compared, `seed ${seed}`).toBeGreaterThan(300)
  })
})

describe('four processes', () => {
  it('let exactly the limit pass together, and deadlock never', async () => {
    const processes = await Promise.all(
      Array.from(
        { length: 4 },
        () =>
          openDatabase({
            url: fresh.urls.app,
            platformUrl: fresh.urls.platform,
            maxConnections: 3,
          }),
      ),
    )
    try {
      const stores = processes.map((db) => make(db).lanes)
      for (let round = 0; round < 10; round++) {
        const [mine, shared] = [ten(newId()), {
          ...ten('everybody'),
          name: `all ${round}`,
          limit: 25,
        }]
        const others = Array.from({ length: 3 }, () => ten(newId()))
        const asks = stores.flatMap((lanes, at) =>
          Array.from({ length: 12 }, (_, turn) =>
            // in either order: rows are locked in that of their keys
            lanes.take(turn % 2 ? [shared, mine] : [mine, shared, others[at % 3] ?? mine]))
        )
        const answers = await Promise.all(asks)
        expect(answers.filter((wait) => wait === null)).toHaveLength(10)
      }
    } finally {
      await Promise.all(processes.map((db) => db.close()))
    }
  })
})
