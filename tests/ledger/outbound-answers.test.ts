/** What an answer of a marketplace becomes: a value of the schema, or a failure of one kind. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import type { HttpInit, Schema } from '../../core/plugin.ts'
import { failureOf } from '../../core/plugin.ts'
import { address, errorFrom, failureFrom, noon, outbound } from './support/outbound.ts'

const Any = z.unknown()
const answered = (
  status: number,
  init: HttpInit = {},
  { body = '{}', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
) => failureFrom(outbound(() => new Response(body, { status, headers })).http(Any, address, init))

describe('a status', () => {
  it.each([
    ...[[400, 'rejected'], [401, 'auth'], [403, 'auth'], [404, 'rejected'], [408, 'unavailable']],
    ...[[409, 'rejected'], [422, 'rejected'], [429, 'rate-limit'], [500, 'unavailable']],
    ...[[502, 'unavailable'], [503, 'unavailable'], [504, 'unavailable'], [300, 'bad-response']],
  ])('of %i is read as %s', async (status, kind) => {
    const failed = await answered(status as number)
    expect(failed).toMatchObject({ kind, status })
    expect(failed.message).toBe(`The marketplace answered with status ${status}`)
  })

  it('is explained by the plugin where it has an explanation', async () => {
    const asked: unknown[] = []
    const explain: HttpInit['explain'] = (status, body) => {
      asked.push([status, body])
      return status === 400 ? { kind: 'auth', message: 'Sign in again', code: 'stale' } : undefined
    }
    expect(await answered(400, { explain }, { body: '{"error":7}' })).toMatchObject({
      ...{ kind: 'auth', message: 'Sign in again', code: 'stale', status: 400 },
    })
    expect(await answered(503, { explain }, { body: '<html>' })).toMatchObject({
      kind: 'unavailable',
    })
    expect(asked).toEqual([[400, { error: 7 }], [503, undefined]])
  })

  it('below 300 needs no explanation', async () => {
    const explain = () => ({ kind: 'rejected', message: 'never' }) as const
    const { http } = outbound(() => Response.json([1], { status: 201 }))
    expect(await http(z.array(z.number()), address, { explain })).toEqual([1])
  })
})

describe('Retry-After', () => {
  it.each([
    ['in seconds', '120', 120_000],
    ['of nothing', '0', 0],
    ['as a date', new Date(noon + 90_000).toUTCString(), 90_000],
    ['as a date in the past', new Date(noon - 90_000).toUTCString(), 0],
    ['that is neither', 'soon', undefined],
    ['that is missing', undefined, undefined],
  ])('%s is told in milliseconds of the upstream', async (_what, text, expected) => {
    const headers: Record<string, string> = text === undefined ? {} : { 'retry-after': text }
    const failed = await answered(429, {}, { headers })
    expect(failed.retryAfterMs).toBe(expected)
  })
})

describe('an answer', () => {
  it('is what the schema makes of it', async () => {
    const Row = z.object({ at: z.iso.datetime().transform((text) => new Date(text)) })
    const { http } = outbound(() => Response.json({ at: '2026-01-01T00:00:00Z', more: 1 }))
    expect(await http(Row, address)).toEqual({ at: new Date('2026-01-01T00:00:00Z') })
  })

  it('may be nothing where the schema allows it', async () => {
    const { http } = outbound(() => new Response(null, { status: 204 }))
    expect(await http(z.undefined(), address)).toBeUndefined()
    expect(await failureFrom(http(z.object({}), address))).toMatchObject({ kind: 'bad-response' })
  })

  it('that is no JSON is a bad response, and is not repeated', async () => {
    const { http } = outbound(() => new Response('{"name":"Asha R'))
    const failed = await failureFrom(http(Any, address))
    expect(failed.kind).toBe('bad-response')
    expect(JSON.stringify([failed.message, String(failed), failed.cause])).not.toContain('Asha')
  })

  it('that does not fit is told by its paths, never by its values', async () => {
    const Row = z.object({ buyer: z.object({ phone: z.number(), name: z.literal('x') }) })
    const { http } = outbound(() => Response.json({ buyer: { phone: '+91 98', name: 'Asha' } }))
    const failed = await failureFrom(http(Row, address))
    expect(failed.kind).toBe('bad-response')
    expect(failed.message).toMatch(/buyer\.phone,\s?buyer\.name$/)
    expect(JSON.stringify([failed.message, failed.cause ?? null])).not.toMatch(/Asha|98/)
  })

  it('with many faults names three of them', async () => {
    const { http } = outbound(() => Response.json(['a', 'b', 'c', 'd', 'e']))
    const { message } = await failureFrom(http(z.array(z.number()), address))
    expect(message.match(/\d/g)).toEqual(['0', '1', '2'])
  })

  it('is checked by schemas of any make', async () => {
    const issues = [{ message: 'Asha is not welcome', path: ['rows', { key: 0 }, { key: 'name' }] }]
    const foreign: Schema<string> = {
      '~standard': { version: 1, vendor: 'other', validate: () => Promise.resolve({ issues }) },
    }
    const { message } = await failureFrom(outbound().http(foreign, address))
    expect(message).toContain('rows.0.name')
    expect(message).not.toContain('Asha')
  })

  it('without an end is cut off, and not held whole', async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(32)
    let given = 0
    let cancelled = false
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          given += 1
          controller.enqueue(chunk)
        },
        cancel: () => {
          cancelled = true
        },
      })
    const { http } = outbound(() => new Response(endless()))
    // asked again, it would be as long again
    expect(await failureFrom(http(Any, address))).toMatchObject({ kind: 'bad-response' })
    expect(given).toBeGreaterThanOrEqual(33)
    expect(given).toBeLessThan(40)
    expect(cancelled).toBe(true)
  })

  it('that breaks off is the failure of a marketplace that is down', async () => {
    const broken = () =>
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('reset')) })
    const { http } = outbound(() => new Response(broken()))
    expect(await failureFrom(http(Any, address))).toMatchObject({ kind: 'unavailable' })
  })
})

describe('silence', () => {
  const untilAborted = (signal: AbortSignal | null | undefined): Promise<Response> =>
    new Promise((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(signal.reason as Error))
    )

  it('ends after thirty seconds as a marketplace that is down', async () => {
    const limit = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
    onTestFinished(() => timeout.mockRestore())
    const { http } = outbound(({ init }) => untilAborted(init.signal))
    const asked = failureFrom(http(Any, address))
    expect(timeout).toHaveBeenCalledWith(30_000)
    limit.abort(new DOMException('late', 'TimeoutError'))
    expect(await asked).toMatchObject({ kind: 'unavailable' })
  })

  it('of a body that does not come ends like that of a head', async () => {
    const limit = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
    onTestFinished(() => timeout.mockRestore())
    const { http } = outbound(({ init }) =>
      new Response(
        new ReadableStream({
          start: (controller) =>
            init.signal?.addEventListener('abort', () => controller.error(init.signal?.reason)),
        }),
      )
    )
    const asked = failureFrom(http(Any, address))
    limit.abort(new DOMException('late', 'TimeoutError'))
    expect(await asked).toMatchObject({ kind: 'unavailable' })
  })

  it('that the caller ends is no failure of the marketplace', async () => {
    const caller = new AbortController()
    const { http } = outbound(({ init }) => untilAborted(init.signal), { signal: caller.signal })
    const asked = errorFrom(http(Any, address))
    caller.abort(new Error('the lease is lost'))
    const error = await asked
    expect(failureOf(error)).toBeUndefined()
    expect(error).toMatchObject({ message: 'the lease is lost' })
  })
})
