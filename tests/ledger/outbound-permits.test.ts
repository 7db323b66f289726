/** When a request pays for itself from a bucket, and what its answer teaches. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Permits } from '../../core/ledger/permits.ts'
import { failure } from '../../core/plugin.ts'
import { address, errorFrom, failureFrom, host, outbound } from './support/outbound.ts'

const Any = z.unknown()
const marketplace = {
  id: 'bazaar',
  hosts: [host],
  limits: [
    { operation: 'list', ratePerSecond: 2, burst: 4, rateHeader: 'x-rate' },
    { operation: 'quiet', ratePerSecond: 2, burst: 4 },
  ],
}

const watched = (take: Permits['take'] = () => Promise.resolve()) => {
  const events: unknown[] = []
  const permits: Permits = {
    take: async (operation, signal) => {
      events.push(['take', operation])
      await take(operation, signal)
    },
    learn: (operation, told) => {
      events.push(['learn', operation, told])
      return Promise.resolve()
    },
  }
  return { events, permits }
}
const asking = (
  watch: ReturnType<typeof watched>,
  status = 200,
  headers: Record<string, string> = {},
) =>
  outbound(() => {
    watch.events.push('asked')
    return new Response('{}', { status, headers })
  }, { marketplace, permits: watch.permits }).http

describe('a request of an operation', () => {
  it('takes its permit first and learns from the answer', async () => {
    const watch = watched()
    await asking(watch, 200, { 'x-rate': '0.5' })(Any, address, { operation: 'list' })
    expect(watch.events).toEqual([
      ...[['take', 'list'], 'asked', ['learn', 'list', { rate: 0.5, empty: false }]],
    ])
  })

  it('learns from a refusal too', async () => {
    const watch = watched()
    const http = asking(watch, 429, { 'x-rate': '3' })
    await failureFrom(http(Any, address, { operation: 'list' }))
    expect(watch.events.at(-1)).toEqual(['learn', 'list', { rate: 3, empty: true }])
  })

  it.each([['soon'], ['0'], [''], ['-1'], ['Infinity'], ['1e999']])(
    'takes "%s" for no rate',
    async (rate) => {
      const watch = watched()
      await asking(watch, 200, { 'x-rate': rate })(Any, address, { operation: 'list' })
      expect(watch.events.at(-1)).toEqual(['learn', 'list', { empty: false }])
    },
  )

  it('reads no header that its limit does not name', async () => {
    const watch = watched()
    await asking(watch, 200, { 'x-rate': '9' })(Any, address, { operation: 'quiet' })
    expect(watch.events.at(-1)).toEqual(['learn', 'quiet', { empty: false }])
  })

  it('is not sent when there is no permit', async () => {
    const watch = watched(() => Promise.reject(failure('rate-limit', 'used up')))
    const failed = await failureFrom(asking(watch)(Any, address, { operation: 'list' }))
    expect(failed.kind).toBe('rate-limit')
    expect(watch.events).toEqual([['take', 'list']])
  })

  it('takes no permit for a host that it may not ask', async () => {
    const watch = watched()
    await errorFrom(asking(watch)(Any, 'https://evil.example/', { operation: 'list' }))
    expect(watch.events).toEqual([])
  })
})

it('a request without an operation pays nothing, whatever the answer', async () => {
  const watch = watched()
  await failureFrom(asking(watch, 429, { 'x-rate': '3' })(Any, address))
  expect(watch.events).toEqual(['asked'])
})
