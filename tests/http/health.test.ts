import { describe, expect, it } from 'vitest'
import { healthRoutes } from '../../core/http/routes/health.ts'
import { makeWorld } from './fakes.ts'
import { silentLog } from '../../core/log.ts'

const never = () => new Promise<void>(() => {})

describe('/healthz', () => {
  it('answers whatever the parts do', async () => {
    const world = await makeWorld({ deps: { checks: { database: never } } })
    const response = await world.ask('/healthz')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
  })
})

describe('/readyz', () => {
  it('names each check with its state', async () => {
    const checks = { database: () => Promise.resolve(), keys: () => Promise.resolve() }
    const world = await makeWorld({ deps: { checks } })
    const response = await world.ask('/readyz')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      status: 'ready',
      checks: { database: 'ok', keys: 'ok' },
    })
  })

  it('is not ready when one fails, and keeps the reason to the log', async () => {
    const checks = {
      database: () => Promise.resolve(),
      keys: () => Promise.reject(new Error('REASON at 10.0.0.7')),
      // one that throws before it promises anything
      queues: () => {
        throw new Error('REASON')
      },
    }
    const world = await makeWorld({ deps: { checks } })
    const response = await world.ask('/readyz')
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      code: 'not-ready',
      checks: { database: 'ok', keys: 'failed', queues: 'failed' },
    })
    expect(text).not.toContain('REASON')
    expect(world.lines.filter((line) => line.includes('REASON'))).toHaveLength(2)
  })

  it('waits for no check longer than its limit, and tells it to stop', async () => {
    const signals: AbortSignal[] = []
    const routes = healthRoutes({
      checks: {
        quick: () => Promise.resolve(),
        stuck: (signal) => {
          signals.push(signal)
          return never()
        },
      },
      log: silentLog,
      timeoutMs: 20,
    })
    const ready = routes.find(({ path }) => path === '/readyz')
    const call = { exchange: { requestId: 'x', peer: { ip: 'x' } } }
    const input = { params: undefined, query: undefined, body: undefined }
    const response = await ready?.handle(input, call as never) as Response
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ checks: { quick: 'ok', stuck: 'timed-out' } })
    expect(signals[0]?.aborted).toBe(true)
  })
})
