/** The key service through the real AWS SDK, against the emulator and against trouble. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKms, type KeyService } from '../../core/crypto/kms.ts'
import { hasCode, isFault } from '../../core/errors.ts'
import { createLog } from '../../core/log.ts'
import { type KmsServer, startKmsServer } from './kms-server.ts'

let server: KmsServer
let kms: KeyService
const lines: Record<string, unknown>[] = []
const log = createLog((line) => lines.push(JSON.parse(line)), () => new Date(0))
const options = {
  region: 'ap-south-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  log,
}
const context = { seller: 's1', purpose: 'seal', version: '1' }

beforeAll(async () => {
  server = await startKmsServer()
  kms = createKms({ ...options, endpoint: server.url, requestTimeoutMs: 300, deadlineMs: 4_000 })
  await kms.ensureAlias('alias/test')
})
afterEach(() => {
  server.fault = null
  lines.length = 0
  server.operations.length = 0
})
afterAll(async () => {
  kms.close()
  await server.stop()
})

const errorOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}
const expectUnavailable = async (work: Promise<unknown>): Promise<void> => {
  const error = await errorOf(work)
  expect(hasCode(error, 'keys-unavailable'), String(error)).toBe(true)
  expect(isFault(error) && error.retryAfterSeconds).toBe(5)
  expect((error as Error).cause).toBeInstanceOf(Error)
}

describe('the key service', () => {
  it('makes keys of 32 bytes and unwraps them, each in bytes of its own', async () => {
    const one = await kms.generate('alias/test', context)
    const two = await kms.generate('alias/test', context)
    expect(one.plain).toHaveLength(32)
    expect(one.plain.buffer.byteLength).toBe(32)
    expect(one.plain).not.toEqual(two.plain)
    expect(await kms.unwrap(one.wrapped, context)).toEqual(one.plain)
    expect(await kms.unwrap(two.wrapped, context)).toEqual(two.plain)
  })

  it('refuses every other context, and does not call that an outage', async () => {
    const { wrapped } = await kms.generate('alias/test', context)
    const others = [
      { ...context, seller: 's2' },
      { ...context, purpose: 'hash' },
      { ...context, version: '2' },
      { seller: 's1', purpose: 'seal' },
      { ...context, more: '' },
      {},
    ]
    for (const other of others) {
      const error = await errorOf(kms.unwrap(wrapped, other))
      expect(isFault(error)).toBe(false)
      expect(String(error)).toContain('InvalidCiphertextException')
    }
    expect(isFault(await errorOf(kms.unwrap(new Uint8Array(60), context)))).toBe(false)
    expect(lines).toEqual([])
  })

  it('makes an alias once, also when many do at the same time, and leaves no key behind', async () => {
    // patient: a key that is made twice because the first answer came late is nobody's fault here
    const patient = createKms({ ...options, endpoint: server.url })
    await Promise.all(Array.from({ length: 8 }, () => patient.ensureAlias('alias/crowd')))
    patient.close()
    server.operations.length = 0
    await kms.ensureAlias('alias/crowd')
    expect(server.operations).toEqual(['DescribeKey'])
    const { Keys } = server.call('ListKeys', {}) as { Keys: { KeyId: string }[] }
    const enabled = Keys.map(({ KeyId }) => {
      const { KeyMetadata } = server.call('DescribeKey', { KeyId })
      return KeyMetadata as { Enabled: boolean; Description: string }
    }).filter((key) => key.Enabled && key.Description.endsWith('alias/crowd'))
    expect(enabled).toHaveLength(1)
    const { plain, wrapped } = await kms.generate('alias/crowd', context)
    expect(await kms.unwrap(wrapped, context)).toEqual(plain)
  })

  it('answers a ping, also where listing is not allowed', async () => {
    await kms.ping()
    server.fault = { status: 400, type: 'AccessDeniedException' }
    await kms.ping()
    server.fault = { status: 400, type: 'UnrecognizedClientException' }
    await expectUnavailable(kms.ping())
  })
})

describe('trouble is keys-unavailable', () => {
  const troubles: Record<string, { status: number; type: string } | 'silence'> = {
    'an inner fault': { status: 500, type: 'KMSInternalException' },
    'a gateway': { status: 503, type: 'ServiceUnavailable' },
    'a throttle': { status: 400, type: 'ThrottlingException' },
    'a time-out inside': { status: 500, type: 'DependencyTimeoutException' },
    'a missing permission': { status: 400, type: 'AccessDeniedException' },
    'no answer': 'silence',
  }
  for (const [name, trouble] of Object.entries(troubles)) {
    it(`when there is ${name}`, async () => {
      const { wrapped } = await kms.generate('alias/test', context)
      server.operations.length = 0
      server.fault = trouble
      const start = performance.now()
      await expectUnavailable(kms.unwrap(wrapped, context))
      await expectUnavailable(kms.generate('alias/test', context))
      if (name !== 'no answer') await expectUnavailable(kms.ensureAlias('alias/test'))
      for (const operation of new Set(server.operations)) {
        const sent = server.operations.filter((other) => other === operation).length
        // Deno sends once more, below the SDK, what died with its connection
        const most = { 'no answer': 2 * 3, 'a throttle': 30 }[name] ?? 3
        expect(sent, operation).toBeLessThanOrEqual(most)
      }
      // of 300 ms for each attempt; the SDK's pauses after a throttle are the longest
      expect(performance.now() - start).toBeLessThan(15_000)
      expect(lines.every(({ event }) => event === 'kms.unavailable')).toBe(true)
      server.fault = null
      expect(await kms.unwrap(wrapped, context)).toHaveLength(32)
    })
  }

  it('when nobody listens', async () => {
    const closed = await startKmsServer()
    await closed.stop()
    const alone = createKms({ ...options, endpoint: closed.url })
    await expectUnavailable(alone.generate('alias/test', context))
    await expectUnavailable(alone.ping())
    alone.close()
  })

  it('when the alias is not there', async () => {
    await expectUnavailable(kms.generate('alias/nowhere', context))
    expect(lines[0]).toMatchObject({ reason: 'NotFoundException', alias: 'alias/nowhere' })
  })

  const states = {
    DisableKey: ['DisabledException', (KeyId: string) => ({ KeyId })],
    ScheduleKeyDeletion: [
      'KMSInvalidStateException',
      (KeyId: string) => ({ KeyId, PendingWindowInDays: 7 }),
    ],
  } as const
  for (const [operation, [reason, body]] of Object.entries(states)) {
    it(`when someone did ${operation}, and the log says so`, async () => {
      const alias = `alias/${operation}`
      await kms.ensureAlias(alias)
      const { wrapped } = await kms.generate(alias, context)
      const { KeyMetadata } = server.call('DescribeKey', { KeyId: alias })
      server.call(operation, body((KeyMetadata as { KeyId: string }).KeyId))
      await expectUnavailable(kms.generate(alias, context))
      await expectUnavailable(kms.unwrap(wrapped, context))
      expect(lines).toMatchObject([
        { event: 'kms.key-state', reason, alias },
        { event: 'kms.key-state', reason, context },
      ])
      // it exists: making another would hide what was done
      await kms.ensureAlias(alias)
      await expectUnavailable(kms.generate(alias, context))
    })
  }
})
