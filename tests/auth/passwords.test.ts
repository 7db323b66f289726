import { Buffer } from 'node:buffer'
import { afterAll, describe, expect, it } from 'vitest'
import { type Argon2, nativeArgon2 } from '../../core/auth/argon2.ts'
import { workerArgon2 } from '../../core/auth/argon2-pool.ts'
import { createPasswordHasher, nobodysPhc } from '../../core/auth/passwords.ts'
import { formatPhc, parsePhc } from '../../core/auth/phc.ts'
import { numberSecrets } from '../../core/crypto/numbered.ts'
import { hasCode } from '../../core/errors.ts'

const engines = [
  { name: 'worker', make: workerArgon2 },
  ...(nativeArgon2() === undefined
    ? []
    : [{ name: 'native', make: () => nativeArgon2() ?? workerArgon2() }]),
]
const password = 'पासवर्ड correct horse'
const never = (): never => {
  throw new Error('unreachable')
}

/** Counts the ticks of a timer of 10 ms while the work runs. */
const ticksDuring = async (work: () => Promise<unknown>): Promise<number> => {
  let ticks = 0
  const timer = setInterval(() => ticks++, 10)
  await work()
  clearInterval(timer)
  return ticks
}

describe.each(engines)('the $name engine', ({ make }) => {
  const hasher = createPasswordHasher({ argon2: make() })
  afterAll(() => hasher.close())

  it('hashes with the parameters of the OWASP sheet and a fresh salt', async () => {
    const [one, two] = await Promise.all([hasher.hash(password), hasher.hash(password)])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(one).not.toBe(two)
    expect(await hasher.verify(password, one)).toBe(true)
    expect(await hasher.verify(`${password} `, one)).toBe(false)
  })

  it('takes one password typed on two keyboards for one', async () => {
    const stored = await hasher.hash('caf\u00e9')
    expect(await hasher.verify('cafe\u0301', stored)).toBe(true)
  })

  it('knows the test vector', async () => {
    // from the tests of the reference implementation: t=2, m=2^8, p=1
    const params = { memoryKib: 256, passes: 2, lanes: 1, length: 32 }
    const salt = new TextEncoder().encode('somesalt')
    const secret = new TextEncoder().encode('password')
    const engine = make()
    const hash = await engine.derive({ ...params, salt, password: secret })
    await engine.close()
    expect(Buffer.from(hash).toString('hex')).toBe(vector)
  })

  it('leaves the event loop free while 8 people sign in', async () => {
    const stored = await hasher.hash(password)
    const ticks = await ticksDuring(() =>
      Promise.all(Array.from({ length: 8 }, () => hasher.verify(password, stored)))
    )
    // on the main thread the timer would not tick once, see M15
    expect(ticks).toBeGreaterThanOrEqual(8)
  })
})
const vector = '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'

describe('the hasher', () => {
  it('refuses when too many wait, and goes on afterwards', async () => {
    const gates: (() => void)[] = []
    const hasher = createPasswordHasher({
      argon2: {
        derive: ({ length }) =>
          new Promise((resolve) => gates.push(() => resolve(new Uint8Array(length)))),
        close: () => Promise.resolve(),
      },
      concurrency: 2,
      maxWaiting: 3,
    })
    const tries = Array.from({ length: 5 }, () => hasher.hash('x'))
    const refused = await hasher.hash('x').catch((error: unknown) => error)
    expect(hasCode(refused, 'sign-in-throttled')).toBe(true)
    expect(refused).toHaveProperty('retryAfterSeconds', 5)
    expect(gates).toHaveLength(2)
    for (let done = 0; done < 5; done++) {
      while (gates.length === 0) await new Promise((resolve) => setTimeout(resolve))
      gates.shift()?.()
    }
    await expect(Promise.all(tries)).resolves.toHaveLength(5)
  })

  it('goes through HMAC with a pepper that the stored text tells, and that may change', async () => {
    const seen: Uint8Array[] = []
    const engine = workerArgon2()
    const argon2: Argon2 = {
      ...engine,
      derive: (job) => {
        seen.push(job.password)
        return engine.derive(job)
      },
    }
    const [first, next] = [
      'the first secret, of 32 characters',
      'the next secret, of 32 characters',
    ]
    const [old, both, lost] = [
      numberSecrets(first),
      numberSecrets(next, { 0: first, 7: next }),
      numberSecrets(next),
    ].map((secrets) => createPasswordHasher({ secrets, argon2 }))
    const plain = createPasswordHasher({ argon2 })
    if (!old || !both || !lost) throw new Error('unreachable')

    const stored = await old.hash(password)
    expect(stored).toContain('m=19456,t=2,p=1,keyid=MA$')
    expect(parsePhc(stored)).toMatchObject({ pepper: 0 })
    expect(formatPhc(parsePhc(stored) ?? never())).toBe(stored)
    expect(await old.verify(password, stored)).toBe(true)
    expect(await old.verify(`${password} `, stored)).toBe(false)
    expect([old.needsRehash(stored), both.needsRehash(stored)]).toEqual([false, true])
    expect(await both.verify(password, stored)).toBe(true)
    const moved = await both.hash(password)
    expect(parsePhc(moved)).toMatchObject({ pepper: 7 })
    expect(both.needsRehash(moved)).toBe(false)
    // a pepper that is gone takes its passwords along, after the work of a check
    const jobs = seen.length
    expect(await lost.verify(password, stored)).toBe(false)
    expect(await plain.verify(password, moved)).toBe(false)
    expect(seen.length).toBe(jobs + 2)
    // what was stored before there were peppers
    expect(await old.verify(password, await plain.hash(password))).toBe(true)
    expect(old.needsRehash(await plain.hash(password))).toBe(true)
    const clear = new TextEncoder().encode(password)
    expect(seen.slice(0, 3).map((bytes) => bytes.length)).toEqual([32, 32, 32])
    expect(seen.slice(0, 5).some((bytes) => Buffer.from(bytes).includes(clear))).toBe(false)
    await engine.close()
  })

  it('goes on after a failure', async () => {
    let calls = 0
    const hasher = createPasswordHasher({
      argon2: {
        derive: ({ length }) =>
          calls++ === 0
            ? Promise.reject(new Error('no memory'))
            : Promise.resolve(new Uint8Array(length)),
        close: () => Promise.resolve(),
      },
      concurrency: 1,
    })
    await expect(hasher.hash('x')).rejects.toThrow('no memory')
    await expect(hasher.hash('x')).resolves.toContain('$argon2id$')
  })

  it('matches nothing against what is no PHC string, and sees what is too weak', async () => {
    const hasher = createPasswordHasher({ argon2: workerArgon2() })
    for (
      const stored of [
        '',
        'none',
        'plain',
        '$2b$10$abcdefghijklmnopqrstuv',
        nobodysPhc.replace('argon2id', 'argon2i'),
        nobodysPhc.replace('m=19456', 'm=9999999'),
        nobodysPhc.replace('t=2', 't=0'),
        `${nobodysPhc}x$`,
      ]
    ) {
      expect(await hasher.verify('', stored), stored).toBe(false)
      expect(hasher.needsRehash(stored), stored).toBe(true)
    }
    expect(hasher.needsRehash(nobodysPhc)).toBe(false)
    expect(hasher.needsRehash(nobodysPhc.replace('m=19456', 'm=12288'))).toBe(true)
    expect(hasher.needsRehash(nobodysPhc.replace('t=2', 't=1'))).toBe(true)
    expect(parsePhc(nobodysPhc)).toMatchObject({ memoryKib: 19_456, passes: 2, lanes: 1 })
    await hasher.close()
  })
})

describe('the workers', () => {
  it('refuse to work once they are closed, and fail what was under way', async () => {
    const engine = workerArgon2()
    const job = {
      password: new Uint8Array(8),
      salt: new Uint8Array(16),
      memoryKib: 19_456,
      passes: 50,
      lanes: 1,
      length: 32,
    }
    const under = engine.derive(job).catch((error: Error) => error.message)
    await engine.close()
    expect(await under).toContain('the worker was ended')
    await expect(engine.derive(job)).rejects.toThrow('closed')
  })

  it('pass on what the algorithm refuses, and work on', async () => {
    const engine = workerArgon2()
    const job = {
      password: new Uint8Array(8),
      salt: new Uint8Array(16),
      memoryKib: 64,
      passes: 1,
      lanes: 1,
      length: 32,
    }
    await expect(engine.derive({ ...job, salt: new Uint8Array(1) })).rejects.toThrow('alt')
    expect(await engine.derive(job)).toHaveLength(32)
    await engine.close()
  })
})
