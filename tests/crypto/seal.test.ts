/**
 * What a sealed value refuses, and what its bytes are. `npm run proof -- envelope` has more of each:
 * ROBNU_SWAPS on every axis, every bit of ROBNU_FLIPS values, ROBNU_NONCES nonces.
 */
import { Buffer } from 'node:buffer'
import { createDecipheriv, randomBytes } from 'node:crypto'
import process from 'node:process'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { inBlocks, systemRandom } from '../../core/crypto/random.ts'
import { columnOf } from '../../core/crypto/place.ts'
import { type KeyOf, openField, openText, sealField } from '../../core/crypto/seal.ts'
import { opensWithoutLedger } from '../support/opens.ts'

opensWithoutLedger('the cipher itself, with keys of no seller')

const numberOf = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const swapCount = numberOf('ROBNU_SWAPS', 200)
const flippedValues = numberOf('ROBNU_FLIPS', 3)
const nonceCount = numberOf('ROBNU_NONCES', 20_000)
/** What was tried and refused. */
const refused: Record<string, number> = {}
afterAll(() => {
  if (process.env['ROBNU_PROOFS']) process.stdout.write(`Refused: ${JSON.stringify(refused)}\n`)
})

const key = new Uint8Array(randomBytes(32))
interface Place {
  sellerId: string
  table: string
  column: string
  rowId: string
}
const place: Place = {
  sellerId: '0197a000-0000-7000-8000-000000000001',
  table: 'orders',
  column: 'customer_phone_enc',
  rowId: '0197a000-0000-8000-8000-00000000000a',
}
const phone = '+919812345678'
const keyOf = () => key
const columnAt = (at: Place) => columnOf(at.sellerId, at.table, at.column)
const here = columnAt(place)
const sealHere = (plain: string | Uint8Array, version = 1, at = place) =>
  sealField(key, version, columnAt(at), at.rowId, plain, systemRandom)
const opens = (blob: Uint8Array, at: Place = place, keyFor: KeyOf = keyOf): boolean => {
  try {
    openField(keyFor, columnAt(at), at.rowId, blob)
    return true
  } catch {
    return false
  }
}

describe('a sealed value', () => {
  it('lies as 01, key version, nonce, ciphertext and tag', () => {
    const blob = sealHere(phone, 0x01020304)
    expect([...blob.subarray(0, 5)]).toEqual([1, 1, 2, 3, 4])
    expect(blob.length).toBe(5 + 12 + phone.length + 16)
    const aad = Buffer.concat([
      ...[Buffer.from([1, 1, 2, 3, 4]), Buffer.from([0, 0, 0, 36]), Buffer.from(place.sellerId)],
      ...[Buffer.from([0, 0, 0, 6]), Buffer.from('orders')],
      ...[Buffer.from([0, 0, 0, 18]), Buffer.from('customer_phone_enc'), Buffer.from(place.rowId)],
    ])
    const opening = createDecipheriv('aes-256-gcm', key, blob.subarray(5, 17))
      .setAAD(aad)
      .setAuthTag(blob.subarray(-16))
    const text = opening.update(blob.subarray(17, -16)).toString() + opening.final().toString()
    expect(text).toBe(phone)
  })

  it('gives back any text and any bytes', () => {
    const tricky = ['', 'राहुल शर्मा', '🧵 𝒳', 'a\u0000b', 'é é', 'x'.repeat(100_000)]
    for (const text of tricky) expect(openText(keyOf, here, place.rowId, sealHere(text))).toBe(text)
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(openText(keyOf, here, place.rowId, sealHere(text))).toBe(text)
    }))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (plain) => {
      expect(Buffer.from(openField(keyOf, here, place.rowId, sealHere(plain))).equals(plain)).toBe(
        true,
      )
    }))
  })

  it('names the version whose key it needs, up to the largest', () => {
    for (const version of [1, 255, 256, 65_536, 2 ** 31, 2 ** 32 - 1]) {
      const asked: number[] = []
      openField(
        (wanted) => {
          asked.push(wanted)
          return key
        },
        here,
        place.rowId,
        sealHere(phone, version),
      )
      expect(asked).toEqual([version])
    }
  })

  const swaps: Record<string, (i: number) => Partial<Place>> = {
    seller: (i) => ({ sellerId: `0197a000-0000-7000-8000-${String(i + 2).padStart(12, '0')}` }),
    table: (i) => ({ table: `returns_${i}` }),
    column: (i) => ({ column: `address_${i}_enc` }),
    row: (i) => ({ rowId: `0197a000-0000-8000-8000-${String(i + 20).padStart(12, '0')}` }),
  }
  for (const [axis, swap] of Object.entries(swaps)) {
    it(`does not open for another ${axis}, swapped both ways`, () => {
      let count = 0
      for (let i = 0; i < swapCount; i++) {
        const other = { ...place, ...swap(i) }
        const [mine, theirs] = [sealHere(phone), sealHere(phone, 1, other)]
        if (!opens(mine) || !opens(theirs, other)) expect.fail('its own does not open')
        if (opens(mine, other) || opens(theirs)) expect.fail(JSON.stringify(other))
        count += 1
      }
      expect(count).toBeGreaterThanOrEqual(200)
      refused[`swaps of ${axis}`] = count
    })
  }

  it('does not open under another version, be its key the same or its own', () => {
    let count = 0
    const keys = new Map<number, Uint8Array>([[1, key]])
    const keyFor = (version: number) => keys.get(version)
    for (let i = 0; i < swapCount; i++) {
      const version = i + 2
      keys.set(version, new Uint8Array(randomBytes(32)))
      const sealed = (of: number) =>
        sealField(keys.get(of) ?? key, of, here, place.rowId, phone, systemRandom)
      const as = (blob: Uint8Array, told: number) => {
        new DataView(blob.buffer, blob.byteOffset).setUint32(1, told)
        return blob
      }
      if (!opens(sealed(1), place, keyFor) || !opens(sealed(version), place, keyFor)) {
        expect.fail('its own does not open')
      }
      const swapped = [as(sealed(1), version), as(sealed(version), 1)]
      if (swapped.some((blob) => opens(blob, place, keyFor))) expect.fail(`version ${version}`)
      if (opens(as(sealed(1), version))) expect.fail(`version ${version}, and the same key`)
      count += 1
    }
    expect(count).toBeGreaterThanOrEqual(200)
    refused['swaps of version'] = count
  })

  it('does not open with another key (500 keys)', () => {
    const blob = sealHere(phone)
    for (let i = 0; i < 500; i++) {
      expect(opens(blob, place, () => new Uint8Array(randomBytes(32)))).toBe(false)
    }
  })

  it('is bound to an id of any length and script', () => {
    const end = 'x'.repeat(35)
    const ids = [
      `${end}a`,
      `${end}\u0161`,
      `${end}\u00e1`,
      '',
      'a',
      'ab',
      'x'.repeat(36),
      'x'.repeat(37),
      'ü'.repeat(36),
      'ü'.repeat(18),
    ]
    for (const rowId of ids) {
      const at = { ...place, rowId }
      const blob = sealHere(phone, 1, at)
      expect(opens(blob, at)).toBe(true)
      const others = [...ids.filter((id) => id !== rowId), `${rowId}\u0000`, 'ü'.repeat(35) + 'u']
      for (const other of others) expect(opens(blob, { ...place, rowId: other })).toBe(false)
    }
  })

  it('is named when there is no key of its version', () => {
    const blob = sealHere(phone, 7)
    expect(() => openField(() => undefined, here, place.rowId, blob))
      .toThrow(`"orders.customer_phone_enc" of row "${place.rowId}": there is no key of version 7`)
  })

  it('does not open where the parts of its place are only cut elsewhere', () => {
    const cuts: Partial<Place>[] = [
      { table: 'order', column: 's' + place.column },
      { table: 'orders1', column: place.column.slice(1) },
      { column: place.column + place.rowId.slice(0, 3), rowId: place.rowId.slice(3) },
      { sellerId: place.sellerId + '6', table: 'rders' },
      { table: 'orders18:customer_phone_enc', column: '' },
    ]
    const blob = sealHere(phone)
    for (const cut of cuts) expect(opens(blob, { ...place, ...cut })).toBe(false)
  })

  it('does not open with any single bit flipped, cut or lengthened', () => {
    let bits = 0
    for (let n = 0; n < flippedValues; n++) {
      const blob = sealHere(randomBytes(n % 20))
      for (let bit = 0; bit < blob.length * 8; bit++) {
        const flipped = blob.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        if (opens(flipped)) expect.fail(`bit ${bit} of ${blob.length} bytes`)
        bits += 1
      }
      for (let length = 0; length < blob.length; length++) {
        expect(opens(blob.subarray(0, length))).toBe(false)
      }
      expect(opens(Buffer.concat([blob, new Uint8Array(1)]))).toBe(false)
      expect(opens(blob)).toBe(true)
    }
    expect(bits).toBeGreaterThan(flippedValues * 33 * 8)
    refused['single bits'] = bits
  })

  it('refuses with table, column and row, and without data', () => {
    const blob = sealHere(phone)
    const messageOf = (at: Place, value: Uint8Array): string => {
      try {
        openField(keyOf, columnAt(at), at.rowId, value)
        return 'opened'
      } catch (error) {
        return String(error)
      }
    }
    const other = { ...place, column: 'customer_name_enc' }
    for (const message of [messageOf(other, blob), messageOf(other, blob.subarray(1))]) {
      expect(message).toContain('"orders.customer_name_enc"')
      expect(message).toContain(place.rowId)
      expect(message).not.toContain(phone)
    }
  })
})

describe('nonces', () => {
  it('do not repeat in so many seals', () => {
    const random = inBlocks(systemRandom)
    const seen = new Set<string>()
    for (let i = 0; i < nonceCount; i++) {
      const blob = sealField(key, 1, here, place.rowId, '', random)
      seen.add(Buffer.from(blob.subarray(5, 17)).toString('latin1'))
    }
    expect(seen.size).toBe(nonceCount)
    refused['repeats'] = nonceCount - seen.size
    refused['nonces'] = nonceCount
    // of a million on a busy machine
  }, 300_000)

  it('are every byte of the source once and in turn', () => {
    let next = 0
    const blocks: number[] = []
    const random = inBlocks((block) => {
      blocks.push(block.length)
      for (let i = 0; i < block.length; i += 4) new DataView(block.buffer).setUint32(i, next++)
      return block
    })
    const words = Array.from({ length: 1_000 }, () => {
      const nonce = random(new Uint8Array(12))
      return [0, 4, 8].map((at) => new DataView(nonce.buffer).getUint32(at))
    }).flat()
    expect(new Set(words).size).toBe(3_000)
    expect(blocks).toEqual([4_096, 4_096, 4_096])
    expect(random(new Uint8Array(5_000))).toHaveLength(5_000)
  })
})
