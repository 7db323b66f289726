/** Blind indexes: one normal form for each number and address, and nothing in common between sellers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import {
  emailIndex,
  normalEmail,
  normalPhone,
  phoneIndex,
  textIndexes,
} from '../../core/crypto/blind-index.ts'
import { createKeyring } from '../../core/crypto/keyring.ts'
import type { SellerKeys } from '../../core/crypto/keys.ts'
import { toHex } from '../../core/crypto/text.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { fakeDatabase, fakeKms } from './fakes.ts'

let one: SellerKeys
let other: SellerKeys
const keyring = createKeyring({
  ...{ db: fakeDatabase().db, kms: fakeKms(new Map()), aliasOf: () => 'alias/test' },
  ...{ createMissingAlias: false, now: () => 0, log: silentLog },
})
beforeAll(async () => {
  const keys = () =>
    keyring.forSeller({ sellerId: newId(), kind: 'session', ref: `${newId()}/1.1` })
  one = await keys()
  other = await keys()
})
afterAll(() => keyring.close())
const hex = (bytes: Uint8Array | null): string | null => bytes && toHex(bytes)

describe('a phone number', () => {
  it.each([
    '+919876543212',
    '+91 98765 43212',
    '+91-98765-43212',
    '+91 (0) 98765 43212',
    '91 9876543212',
    '0091 98765 43212',
    '091 98765 43212',
    '098765 43212',
    '9876543212',
    '(98765) 43212',
    ' 98765.43212 ',
    '９８７６５４３２１２',
  ])('of India is one in every spelling: "%s"', (text) => {
    expect(normalPhone(text)).toBe('+919876543212')
    expect(hex(phoneIndex(one, text))).toBe(hex(phoneIndex(one, '+919876543212')))
  })

  it('of a landline, of another country and with an extension keeps what tells it apart', () => {
    expect(normalPhone('020 2612 3456')).toBe('+912026123456')
    expect(normalPhone('+44 (0)20 7946 0018')).toBe('+442079460018')
    expect(normalPhone('0044 20 7946 0018')).toBe('+442079460018')
    // how a marketplace hides numbers: one for all, and an extension for each
    expect(normalPhone('+1 480-618-5856 ext. 83420')).toBe('+14806185856;ext=83420')
    expect(normalPhone('+1 480-618-5856 ext. 83421')).toBe('+14806185856;ext=83421')
    expect(normalPhone('+98 76543 21012')).toBe('+987654321012')
  })

  it('of the sandboxes, which nobody has, is one as well', () => {
    expect(normalPhone('+910123456789')).toBe(normalPhone('0123456789'))
    expect(normalPhone('+910123456789')).not.toBeNull()
  })

  it.each([
    '',
    ' ',
    '+',
    '12',
    'XXXXXX4321',
    'asha@example.in',
    '404-1234567-1234567',
    '9'.repeat(60),
  ])(
    'is not "%s", which gets no index',
    (text) => {
      expect(normalPhone(text)).toBeNull()
      expect(phoneIndex(one, text)).toBeNull()
    },
  )

  it('of India comes out as libphonenumber says', () => {
    for (let at = 0; at < 500; at++) {
      const national = String(6_000_000_000 + at * 7_999_991)
      const shapes = [national, `0${national}`, `+91${national}`, `0091 ${national}`]
      for (const text of shapes) {
        const parsed = parsePhoneNumberFromString(text, { defaultCountry: 'IN', extract: false })
        expect(normalPhone(text), text).toBe(parsed?.number)
      }
    }
  })

  it('in its normal form is its own normal form', () => {
    for (
      const text of ['98765 43212', '020 2612 3456', '+44 20 7946 0018', '+1 480-618-5856 x12']
    ) {
      const normal = normalPhone(text) ?? ''
      expect(normalPhone(normal)).toBe(normal)
    }
  })
})

describe('an e-mail address', () => {
  it('is one whatever its case, its blanks and its width', () => {
    const normal = 'asha.rao@example.in'
    for (
      const text of [normal, 'Asha.Rao@Example.IN', `  ${normal}\n`, 'ａｓｈａ.rao@example.in']
    ) {
      expect(normalEmail(text)).toBe(normal)
      expect(hex(emailIndex(one, text))).toBe(hex(emailIndex(one, normal)))
    }
  })

  it.each(['', '@', 'asha', 'asha@', '@example.in', 'a b@example.in', `${'a'.repeat(250)}@b.in`])(
    'is not "%s"',
    (text) => expect(emailIndex(one, text)).toBeNull(),
  )
})

describe('an index', () => {
  it('is 16 bytes, other ones for another seller and for another column', () => {
    const index = phoneIndex(one, '9876543212')
    expect(index).toHaveLength(16)
    expect(hex(index)).not.toBe(hex(phoneIndex(other, '9876543212')))
    // the same text, in the other column
    expect(toHex(one.index('buyer.phone', 'x'))).not.toBe(toHex(one.index('buyer.email', 'x')))
  })

  it('of 40,000 numbers and addresses each is another one: no false match, in two sellers', () => {
    const seen = new Set<string>()
    for (let at = 0; at < 10_000; at++) {
      const phone = `+91${9_800_000_000 + at * 7}`
      for (const keys of [one, other]) {
        seen.add(hex(phoneIndex(keys, phone)) ?? '')
        seen.add(hex(emailIndex(keys, `buyer${at}@example.in`)) ?? '')
      }
    }
    expect(seen.size).toBe(40_000)
  })
})

describe('a text', () => {
  const held = (text: string, index: Uint8Array | null) => {
    const all = hex(textIndexes(one, text))
    return all !== null && index !== null && all.includes(toHex(index))
  }
  const mobile = () => phoneIndex(one, '+919876543212')

  it.each([
    ...['{"phone":"9876543212"}', '{"phone":9876543212}', 'a,+91 98765 43212,b', '098765-43212;x'],
    ...['Pune 411014 9876543212', '12 9876543212', 'tel:+91-98765-43212.', '0091 9876543212\\n1'],
    ...['(98765) 43212 / 020 2612 3456', '９８７６５４３２１２', '"91 98765 43212"'],
  ])('is found by the phone number in it: %s', (text) => {
    expect(held(text, mobile())).toBe(true)
    expect(held(text, phoneIndex(one, '9876543213'))).toBe(false)
    expect(held(text, phoneIndex(other, '9876543212'))).toBe(false)
  })

  it('is found by landlines, numbers abroad, masked ones and addresses', () => {
    const text = '{"a":"020 2612 3456","b":"+44 20 7946 0018","c":"+1 480-618-5856 ext. 83420",' +
      '"d":"Asha <Asha.Rao@Example.in>","e":"mail b@c.in."}'
    for (const phone of ['02026123456', '+442079460018', '+1 480-618-5856 x83420']) {
      expect(held(text, phoneIndex(one, phone)), phone).toBe(true)
    }
    for (const email of ['asha.rao@example.in', 'b@c.in']) {
      expect(held(text, emailIndex(one, email)), email).toBe(true)
    }
  })

  it('without any has none, and one of a million signs takes no longer for what is in it', () => {
    for (const text of ['', 'Asha Rao, Pune', '98765', 'asha@', '@rao']) {
      expect(textIndexes(one, text), text).toBeNull()
    }
    const long = ['1', 'a', '+', '(', ' ', '1 '].map((sign) => sign.repeat(170_000)).join('')
    expect(held(`${long}@${long} 9876543212`, mobile())).toBe(true)
    expect(textIndexes(one, '9876543212 '.repeat(1_000))).toHaveLength(16)
  })
})
