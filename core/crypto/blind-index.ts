/** Blind indexes: by what a seller's sealed phone numbers and e-mail addresses are found, unopened. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { SellerKeys } from './keys.ts'

/**
 * 16 bytes of an HMAC under the seller's index key, of the number's normal form; null for what is no
 * phone number. Half of the HMAC: two values of a seller meet by chance once in 2^64, so whoever is
 * found is the one who was asked for; what is erased by an index is the asker's. Shorter ones that
 * meet on purpose would hide nothing: equal values stay equal.
 */
export const phoneIndex = (keys: SellerKeys, text: string): Uint8Array | null => {
  const number = normalPhone(text)
  return number === null ? null : keys.index('buyer.phone', number)
}

/** The same of an e-mail address. */
export const emailIndex = (keys: SellerKeys, text: string): Uint8Array | null => {
  const address = normalEmail(text)
  return address === null ? null : keys.index('buyer.email', address)
}

/** A mobile number of India, with signs between its digits; and any number of eight digits or more. */
const sign = String.raw`[\s.()-]{0,2}`
const mobiles = new RegExp(
  String.raw`(?<!\d)(?:(?:\+|00|0)?91${sign}(?:0${sign})?|0)?[6-9](?:${sign}\d){9}(?!\d)`,
  'g',
)
const numbers = new RegExp(
  String.raw`(?<!\d)\+?\d(?:${sign}\d){7,14}(?!\d)(?:;ext=\d{1,7}|\s?(?:x|ext\.?)\s?\d{1,7})?`,
  'gi',
)
const addresses = /[^\s"'<>()[\]{},;:\\@]{1,64}@[^\s"'<>()[\]{},;:\\@]{1,190}/g
/** Of one text; what is known best comes first. */
const mostIndexes = 64
const indexBytes = 16

/**
 * The indexes of all phone numbers and e-mail addresses that stand somewhere in a text, one behind the
 * other; null for none. A run of digits that is no phone number may be among them, and meets nobody.
 */
export const textIndexes = (keys: SellerKeys, text: string): Uint8Array | null => {
  const plain = text.normalize('NFKC')
  const found = new Map<string, Uint8Array>()
  const take = (words: readonly string[], make: typeof phoneIndex): void => {
    for (const word of words) {
      const index = found.size < mostIndexes ? make(keys, word) : null
      if (index !== null) found.set(index.join(), index)
    }
  }
  take(plain.match(mobiles) ?? [], phoneIndex)
  take((plain.match(addresses) ?? []).map((word) => word.replace(/\.+$/, '')), emailIndex)
  take(plain.match(numbers) ?? [], phoneIndex)
  if (found.size === 0) return null
  const all = new Uint8Array(found.size * indexBytes)
  for (const [at, index] of [...found.values()].entries()) all.set(index, at * indexBytes)
  return all
}

/** A mobile number of India in any of its spellings, which most are. */
const ofIndia = /^(?:(?:\+|00|0)?910?|0)?([6-9]\d{9})$/
const mostPhone = 50
const mostEmail = 254 // RFC 5321

/**
 * E.164, with `;ext=` behind a number that has one; null for what cannot be a phone number. A number
 * without a country is of India. '098765 43212', '91-98765 43212', '+91 98765 43212' → '+919876543212'.
 */
export const normalPhone = (text: string): string | null => {
  const plain = text.normalize('NFKC').trim()
  if (plain.length > mostPhone) return null
  const [, national] = ofIndia.exec(plain.replaceAll(/[\s().-]/g, '')) ?? []
  if (national !== undefined) return `+91${national}`
  const parsed = parsePhoneNumberFromString(plain, { defaultCountry: 'IN', extract: false })
  if (parsed?.isPossible() !== true) return null
  return parsed.ext === undefined ? parsed.number : `${parsed.number};ext=${parsed.ext}`
}

/**
 * NFKC, small letters, without blanks around it; null for what is no address. Looser than an address
 * that we write to (`core/auth/emails.ts`): two spellings of a buyer must meet, and nobody signs in
 * by this one.
 */
export const normalEmail = (text: string): string | null => {
  const plain = text.normalize('NFKC').trim().toLowerCase()
  return plain.length <= mostEmail && /^[^\s@]+@[^\s@]+$/.test(plain) ? plain : null
}
