/** What a sealed value refuses, and what its bytes are. */
import { Buffer } from 'node:buffer'
import { createDecipheriv, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inBlocks, systemRandom } from '../../core/crypto/random.ts'
import { columnOf } from '../../core/crypto/place.ts'
import { openField, openText, sealField } from '../../core/crypto/seal.ts'

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
const opens = (blob: Uint8Array, at: Place = place, keyFor: () => Uint8Array = keyOf): boolean => {
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
    it(`does not open for another ${axis} (5,000 swaps, both ways)`, () => {
      for (let i = 0; i < 5_000; i++) {
        const other = { ...place, ...swap(i) }
        const [mine, theirs] = [sealHere(phone), sealHere(phone, 1, other)]
        if (!opens(mine) || !opens(theirs, other)) expect.fail('its own does not open')
        if (opens(mine, other) || opens(theirs)) expect.fail(JSON.stringify(other))
      }
    })
  }

  it('does not open under another version of its key (5,000 swaps)', () => {
    for (let i = 0; i < 5_000; i++) {
      const blob = sealHere(phone, 1)
      new DataView(blob.buffer).setUint32(1, i + 2)
      expect(opens(blob)).toBe(false)
    }
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

  it('does not open with any single bit flipped (100 values), cut or lengthened', () => {
    for (let n = 0; n < 100; n++) {
      const blob = sealHere(randomBytes(n % 20))
      for (let bit = 0; bit < blob.length * 8; bit++) {
        const flipped = blob.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        if (opens(flipped)) expect.fail(`bit ${bit} of ${blob.length} bytes`)
      }
      for (let length = 0; length < blob.length; length++) {
        expect(opens(blob.subarray(0, length))).toBe(false)
      }
      expect(opens(Buffer.concat([blob, new Uint8Array(1)]))).toBe(false)
      expect(opens(blob)).toBe(true)
    }
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
  it('do not repeat in 100,000 seals', () => {
    const random = inBlocks(systemRandom)
    const seen = new Set<string>()
    for (let i = 0; i < 100_000; i++) {
      const blob = sealField(key, 1, here, place.rowId, '', random)
      seen.add(Buffer.from(blob.buffer, 5, 12).toString('latin1'))
    }
    expect(seen.size).toBe(100_000)
  })

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
