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
    const { endedBefore, silentBefore, receivedBefore } = spanOf({
      ...{ ...at, declared: 30, most: null },
    })
    expect([endedBefore, silentBefore, receivedBefore]).toEqual([day(71), day(41), day(171)])
  })
})
