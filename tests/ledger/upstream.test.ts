/** The clocks of marketplaces, and what another clock means for waiting. */
import { describe, expect, it } from 'vitest'
import { createUpstream } from '../../core/ledger/upstream.ts'

const at = new Date('2026-03-01T00:00:00.000Z')
const upstream = new Date('2022-06-30T00:00:00.000Z')
const later = at.getTime() + 2_500

describe('the clock of an upstream', () => {
  it('is the real one in production', () => {
    const real = createUpstream(undefined, () => later)
    expect(real.now()).toEqual(new Date(later))
    expect(real.realMs(4_000)).toBe(4_000)
  })

  it('is the real one for a replacement that has none of its own', () => {
    const real = createUpstream({ url: 'http://127.0.0.1:1' }, () => later)
    expect(real.now()).toEqual(new Date(later))
  })

  it('runs from its anchor at its own speed', () => {
    const url = 'http://127.0.0.1:1'
    const fast = createUpstream({ url, clock: { at, upstream, speed: 3_600 } }, () => later)
    expect(fast.now()).toEqual(new Date('2022-06-30T02:30:00.000Z'))
    expect(fast.realMs(3_600_000)).toBe(1_000)
  })

  it('asks for the real time each time anew', () => {
    let now = later
    const url = 'http://127.0.0.1:1'
    const slow = createUpstream({ url, clock: { at, upstream, speed: 0.5 } }, () => now)
    const before = slow.now().getTime()
    now += 1_000
    expect(slow.now().getTime() - before).toBe(500)
  })
})

describe('the address of an upstream', () => {
  const url = new URL('https://api.bazaar.example/v3/a?b=c&d=%26')

  it('is left alone in production', () => {
    expect(createUpstream(undefined, Date.now).resolve(url)).toEqual({ url, headers: {} })
  })

  it('keeps its path and query at the replacement', () => {
    const replaced = createUpstream({ url: 'http://127.0.0.1:4010' }, Date.now).resolve(url)
    expect(replaced.url.href).toBe('http://127.0.0.1:4010/v3/a?b=c&d=%26')
    expect(replaced.headers).toEqual({ 'x-robnu-upstream-host': 'api.bazaar.example' })
  })

  it('never leads to another host, whatever the path looks like', () => {
    const { resolve } = createUpstream({ url: 'http://127.0.0.1:4010' }, Date.now)
    const { url: asked } = resolve(new URL('https://api.bazaar.example//evil.example/orders'))
    expect(asked.href).toBe('http://127.0.0.1:4010//evil.example/orders')
  })
})
