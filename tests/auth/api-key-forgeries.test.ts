/** What looks like an API key and is none: refused, and all of it alike. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKeys } from '../../core/auth/api-keys.ts'
import { makeKey, prefixOf } from '../../core/auth/api-key-form.ts'
import { systemRandom } from '../../core/crypto/random.ts'
import { silentLog } from '../../core/log.ts'
import { shapeOf } from '../http/access-world.ts'
import { keyForgeries } from './key-forgeries.ts'
import { type KeyWorld, openKeyWorld } from './key-world.ts'

let { access, ask, make, reading } = {} as KeyWorld
beforeAll(async () => {
  ;({ access, ask, make, reading } = await openKeyWorld())
})
afterAll(() => access?.close())

describe('what is no key', () => {
  it('is refused in more than forty forms, always alike, and alike to a forged token', async () => {
    const good = await make()
    const other = await make()
    const corpus = keyForgeries(good.secret, other.secret, good.id)
    expect(Object.keys(corpus).length).toBeGreaterThan(45)
    const shapes = new Set<string>()
    for (const [name, headers] of Object.entries(corpus)) {
      const answer = await ask(null, '/v1/orders', { headers })
      expect(answer.status, name).toBe(401)
      shapes.add(shapeOf(answer))
    }
    const token = shapeOf(await ask('eyJhbGciOiJub25lIn0.e30.', '/v1/orders'))
    expect([...shapes]).toEqual([token])
    expect(token).toContain('not-signed-in')
    expect(await reading(good.secret)).toBe(200)
    expect(access.logged.join('\n')).not.toContain(good.secret.slice(16))
  })

  it('is not looked up where it has not the form of one', async () => {
    const { gate } = access.world.fresh.db
    let asked = 0
    const any: typeof gate.any = (statement) => {
      asked++
      return gate.any(statement)
    }
    const keys = createApiKeys({
      db: { gate: { ...gate, any } },
      log: silentLog,
      now: () => new Date(),
    })
    for (const text of ['', 'rk_', 'rk_x', `rk_${'a'.repeat(12)}_short`, 'x'.repeat(100_000)]) {
      expect(prefixOf(text)).toBeUndefined()
      expect(await keys.verify(text, '192.0.2.1')).toBeUndefined()
    }
    expect(asked).toBe(0)
    expect(await keys.verify(makeKey(systemRandom).text, '192.0.2.1')).toBeUndefined()
    expect(asked).toBe(1)
  })

  it('is not made known by the one that shares its prefix', async () => {
    const [one, two] = [await make(), await make()]
    // as if both had drawn the same twelve letters
    const shared = two.secret.replace(/^rk_\w{12}/, one.secret.slice(0, 15))
    await access.world.fresh.asSuperuser((admin) =>
      admin`update api_keys set prefix = ${one.secret.slice(3, 15)},
        secret_hash = ${createHash('sha256').update(shared).digest()} where id = ${two.id}`
    )
    const { keys } = access.services
    expect(await keys.verify(one.secret, '192.0.2.1')).toMatchObject({ keyId: one.id })
    expect(await keys.verify(shared, '192.0.2.1')).toMatchObject({ keyId: two.id })
  })
})

describe('a made key', () => {
  it('has letters of its alphabet, each as likely as the others', () => {
    const counts = new Map<string, number>()
    const seen = new Set<string>()
    for (let at = 0; at < 2_000; at++) {
      const { text, prefix } = makeKey(systemRandom)
      expect(prefixOf(text)).toBe(prefix)
      seen.add(text)
      for (const letter of prefix) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    expect(seen.size).toBe(2_000)
    expect(counts.size).toBe(62)
    // 387 each on average; eight standard deviations
    for (const [letter, count] of counts) expect(Math.abs(count - 387), letter).toBeLessThan(160)
  })
})
