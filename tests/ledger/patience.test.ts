/** How often a refusal is answered with a refresh. */
import { describe, expect, it } from 'vitest'
import { createPatience } from '../../core/ledger/patience.ts'
import { failure } from '../../core/plugin.ts'

const refused = failure('auth', 'no')
const expired = failure('auth', 'over', { code: 'token-expired' })

describe('patience', () => {
  it('ends with the second refusal', () => {
    const patience = createPatience()
    expect([patience.isOver(refused, 0), patience.isOver(refused, 0)]).toEqual([false, true])
  })

  it('begins anew with each page', () => {
    const patience = createPatience()
    const over = [0, 1, 2, 2].map((pages) => patience.isOver(refused, pages))
    expect(over).toEqual([false, false, false, true])
  })

  it('has more of itself for a token that is over, but not without an end', () => {
    const patience = createPatience()
    const over = Array.from({ length: 10 }, () => patience.isOver(expired, 3))
    expect(over.slice(0, 2)).toEqual([false, false])
    expect(over.at(-1)).toBe(true)
    expect(over.indexOf(true)).toBe(over.lastIndexOf(false) + 1)
  })

  it('takes an expired token for no refusal', () => {
    const patience = createPatience()
    expect([patience.isOver(expired, 0), patience.isOver(refused, 0)]).toEqual([false, false])
    expect(patience.isOver(refused, 0)).toBe(true)
  })
})
