/** Requests of marketplaces: taken as they stand, by nobody's session, and with limits of their own. */
import { describe, expect, it } from 'vitest'
import { createLimits } from '../../core/auth/limits/limits.ts'
import { memoryStore } from '../../core/auth/limits/store.ts'
import { fault } from '../../core/errors.ts'
import type { Services } from '../../core/http/services.ts'
import type { PushAsk } from '../../core/ledger/pushes/webhooks.ts'
import { readPolicies } from '../../core/rate-limits.ts'
import { makeWorld, startTime } from './fakes.ts'
import { marker, problemOf } from './problem.ts'

const account = '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f'
const address = `/webhooks/bazaar/${account}`

const open = async (take: (ask: PushAsk) => Promise<void>, policies = '') => {
  const asks: PushAsk[] = []
  const now = () => startTime
  const webhooks: Services['webhooks'] = {
    take: (ask) => {
      asks.push(ask)
      return take(ask)
    },
  }
  const found = readPolicies(policies)
  if (!found) throw new Error('The policies have the wrong form')
  const limits = createLimits({ policies: found, store: memoryStore(now), now })
  const world = await makeWorld({ services: { webhooks, limits } })
  const send = (
    path: string,
    body: BodyInit,
    headers: Record<string, string> = {},
    ip = '198.51.100.7',
  ) =>
    world.app.fetch(
      new Request(
        `http://robnu.test${path}`,
        { method: 'POST', body, headers, duplex: 'half' } as RequestInit,
      ),
      { ip },
    )
  return { send, asks, lines: world.lines }
}
const taken = () => Promise.resolve()
const refused = () => Promise.reject(fault('push-refused'))

describe('a push', () => {
  it('comes to its plugin byte by byte, with its query and its headers, without our cookies', async () => {
    const { send, asks } = await open(taken)
    const body = '{"a": 1.50,\n "b":"ü"}'
    const answer = await send(`${address}/orders?x=1&y=a%20b`, body, {
      'Content-Type': 'text/plain',
      'X-Signature': 'abc',
      'Cookie': '__Host-robnu=1',
      'Authorization': 'HMAC k:v',
    })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(asks).toEqual([{
      pluginId: 'bazaar',
      accountId: account,
      path: '/orders',
      push: {
        method: 'POST',
        path: `${address}/orders?x=1&y=a%20b`,
        headers: {
          'content-type': 'text/plain',
          'x-signature': 'abc',
          'authorization': 'HMAC k:v',
        },
        body,
      },
    }])
    expect((await send(address, '')).status).toBe(204)
    expect(asks[1]).toMatchObject({ path: '', push: { body: '' } })
  })

  it('has 256 KiB of text at the most, plainly', async () => {
    const { send, asks } = await open(taken)
    expect((await send(address, 'x'.repeat(256 * 1024))).status).toBe(204)
    await problemOf(await send(address, 'x'.repeat(256 * 1024 + 1)), 'payload-too-large')
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
    }, { highWaterMark: 0 })
    await problemOf(await send(address, stream), 'payload-too-large')
    await problemOf(await send(address, new Uint8Array([0xff, 0xfe, 0x41])), 'invalid-request')
    const packed = await send(address, 'x', { 'content-encoding': 'gzip' })
    await problemOf(packed, 'unsupported-media-type')
    expect(asks).toHaveLength(1)
  })

  it('that nobody has signed is a 401 that tells nothing', async () => {
    const { send, lines } = await open(refused)
    const answers = [
      await send(address, marker),
      await send(`/webhooks/${marker}/${marker}`, marker, { [marker]: marker }),
    ]
    for (const answer of answers) await problemOf(answer, 'push-refused')
    expect(lines.join('\n')).not.toContain(marker)
  })

  it('comes again later where the database or the keys are away', async () => {
    for (const code of ['database-unavailable', 'keys-unavailable'] as const) {
      const { send } = await open(() => Promise.reject(fault(code)))
      const answer = await send(address, '{}')
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      expect((await problemOf(answer, code)).status).toBe(503)
    }
  })

  it('is a POST, and no other address', async () => {
    const { send, asks } = await open(taken)
    await problemOf(await send(`${address}/a/b`, '{}'), 'not-found')
    await problemOf(await send('/webhooks/bazaar', '{}'), 'not-found')
    await problemOf(await send('/v1/webhooks/bazaar/1', '{}'), 'not-found')
    expect(asks).toEqual([])
  })
})

describe('the limits', () => {
  it('of an address are those of a gateway, and nobody’s tries count beside', async () => {
    const good = await open(taken, 'gateway=5/60,address=2/60')
    const statuses = []
    for (let n = 0; n < 7; n++) statuses.push((await good.send(address, '{}')).status)
    expect(statuses).toEqual([204, 204, 204, 204, 204, 429, 429])
    expect((await good.send(address, '{}', {}, '198.51.100.8')).status).toBe(204)

    const bad = await open(refused, 'gateway=5/60,address=2/60')
    const tries = []
    for (let n = 0; n < 4; n++) tries.push((await bad.send(address, '{}')).status)
    expect(tries).toEqual([401, 401, 429, 429])
  })
})
