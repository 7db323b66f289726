/** How long buyers are kept. */
import { describe, expect, it } from 'vitest'
import { spanOf } from '../../../core/ledger/retention/span.ts'
import { day } from './support.ts'

describe('the span', () => {
  const at = { upstreamNow: day(100), now: day(200) }
  const daysOf = (declared: number | null, most: number | null) =>
    spanOf({ ...at, declared, most }).days

  it('is what the plugin says, 90 days where it says nothing, and never longer by configuration', () => {
    expect([daysOf(30, null), daysOf(null, null), daysOf(30, 90), daysOf(null, 180)])
      .toEqual([30, 90, 30, 90])
    expect([daysOf(30, 7), daysOf(null, 45), daysOf(180, null)]).toEqual([7, 45, 180])
  })

  it('counts deliveries by the clock of the marketplace, receipts by our own, each a day early', () => {
    expect(spanOf({ ...at, declared: 30, most: null })).toEqual({
      ...{ days: 30, endedBefore: day(71), sentBefore: day(71), silentBefore: day(41) },
      ...{ receivedBefore: day(171), cameBefore: day(81) },
      invoicesBefore: day(200 - 9 * 366),
    })
    // a parcel may be on its way for longer than seven days
    expect(spanOf({ ...at, declared: 30, most: 7 }))
      .toMatchObject({ endedBefore: day(94), sentBefore: day(71), silentBefore: day(41) })
    expect(spanOf({ ...at, declared: null, most: null }))
      .toMatchObject({ endedBefore: day(11), sentBefore: day(11), silentBefore: day(11) })
  })
})
