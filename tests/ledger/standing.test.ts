import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  conflictsOf,
  further,
  isDoubtful,
  noParcels,
  orderStanding,
  parcelsOf,
  type Standing,
} from '../../core/ledger/standing.ts'
import { type OrderState, orderStateRank, orderStates } from '../../core/plugin.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 9, 0, minute))
const stands = (status: OrderState, minute: number | null): Standing => ({
  status,
  at: minute === null ? null : at(minute),
})
const state = fc.constantFrom(...orderStates)
const word = fc.record({ status: state, at: fc.integer({ min: 0, max: 30 }).map(at) })
const standing = fc.record({
  status: state,
  at: fc.option(fc.integer({ min: 0, max: 30 }).map(at)),
})
const fold = (words: readonly Standing[]): Standing => words.reduce(further)

describe('a state', () => {
  it('is the same in whatever order its words come, and however often', () => {
    fc.assert(fc.property(
      fc.array(word, { minLength: 1, maxLength: 20 }).chain((words) =>
        fc.tuple(
          fc.constant(words),
          fc.shuffledSubarray(words, { minLength: words.length }),
          fc.subarray(words),
        )
      ),
      ([words, shuffled, again]) => {
        expect(fold([...shuffled, ...again]).status).toBe(fold(words).status)
      },
    ))
  })

  it('never goes to a lower rank, but for a label that was cancelled', () => {
    fc.assert(fc.property(standing, standing, (before, next) => {
      const after = further(before, next)
      const isLabel = before.status === 'READY_TO_SHIP' && after.status === 'PACKED'
      const unknown = before.at === null
      expect(isLabel || unknown || orderStateRank(after.status) >= orderStateRank(before.status))
        .toBe(true)
    }))
  })

  it('goes back from READY_TO_SHIP to PACKED by a later word, and by no earlier one', () => {
    const ready = stands('READY_TO_SHIP', 5)
    expect(further(ready, stands('PACKED', 6)).status).toBe('PACKED')
    expect(further(ready, stands('PACKED', 4)).status).toBe('READY_TO_SHIP')
    expect(further(ready, stands('ACKNOWLEDGED', 6)).status).toBe('READY_TO_SHIP')
    expect(further(stands('MANIFESTED', 5), stands('PACKED', 6)).status).toBe('MANIFESTED')
  })

  it('stays at the end that came first', () => {
    expect(further(stands('DELIVERED', 5), stands('CANCELLED', 6)).status).toBe('DELIVERED')
    expect(further(stands('CANCELLED', 6), stands('DELIVERED', 5)).status).toBe('DELIVERED')
  })

  it('that nobody understood gives way to any word', () => {
    expect(further(stands('PACKED', null), stands('NEW', 1)).status).toBe('NEW')
  })
})

describe('an order', () => {
  const own = stands('ACKNOWLEDGED', 1)
  const parcels = (...all: readonly OrderState[]) => parcelsOf(all.map((one) => stands(one, 5)))
  it('follows its parcel, and of several that live the one furthest behind', () => {
    expect(orderStanding(own, noParcels).status).toBe('ACKNOWLEDGED')
    expect(orderStanding(own, parcels('SHIPPED')).status).toBe('SHIPPED')
    expect(orderStanding(own, parcels('SHIPPED', 'PACKED')).status).toBe('PACKED')
    expect(orderStanding(own, parcels('CANCELLED', 'DELIVERED')).status).toBe('DELIVERED')
    expect(orderStanding(stands('SHIPPED', 9), parcels('SHIPPED', 'PACKED')).status).toBe('PACKED')
  })
  it('is cancelled where it says so itself, not because its parcels are', () => {
    expect(orderStanding(own, parcels('CANCELLED')).status).toBe('ACKNOWLEDGED')
    expect(orderStanding(stands('CANCELLED', 9), parcels('CANCELLED')).status).toBe('CANCELLED')
    expect(orderStanding(stands('CANCELLED', 9), parcels('PACKED', 'PACKED')).status)
      .toBe('CANCELLED')
  })
})

describe('a conflict', () => {
  const delivered = { status: 'DELIVERED', at: at(5) } as const
  it('is a word that contradicts an end before it', () => {
    const back = { status: 'RTO_IN_TRANSIT', at: at(6) } as const
    expect(conflictsOf([back, delivered])).toEqual([back])
    expect(conflictsOf([{ ...back, at: at(4) }, delivered])).toEqual([])
    expect(conflictsOf([{ status: 'RTO_IN_TRANSIT', at: at(1) }, {
      status: 'RTO_RECEIVED',
      at: at(9),
    }])).toEqual([])
  })
  it('is never missed by who asks word by word', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 2, maxLength: 8 }), (words) => {
        let before: Standing = stands('NEW', null)
        let doubtful = false
        const sofar: typeof words = []
        for (const one of words) {
          const [were, are] = [conflictsOf(sofar).length, conflictsOf([...sofar, one]).length]
          doubtful = isDoubtful(before.status, one.status)
          expect(are > were && !doubtful).toBe(false)
          before = further(before, one)
          sofar.push(one)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
