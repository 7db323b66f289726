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
