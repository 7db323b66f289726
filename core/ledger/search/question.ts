/** What somebody looks for may be: the beginning of an id, a phone number, an e-mail address. */
import { normalEmail, normalPhone } from '../../crypto/blind-index.ts'

export interface Question {
  /** Spellings of the beginning of an id or a waybill; empty: it is neither. */
  readonly ids: readonly string[]
  /** As it was typed; null: it is none. */
  readonly phone: string | null
  readonly email: string | null
}

/** Shorter beginnings lead to what is there anyway. */
export const leastQuestion = 3
/** The longest e-mail address (RFC 5321), which is longer than an id may be. */
export const mostQuestion = 254
const mostId = 200

/**
 * A value that can be of a buyer alone is looked for nowhere else: it does not go into a statement.
 * Digits alone may be a waybill or a phone number, and are looked for as both if they are as many as
 * a number has.
 */
export const readQuestion = (text: string): Question => {
  const plain = text.normalize('NFKC').trim()
  const email = normalEmail(plain) === null ? null : plain
  const phone = email === null && isPhone(plain) ? plain : null
  const isBuyers = email !== null || phone?.startsWith('+') === true
  return { ids: isBuyers || plain.length > mostId ? [] : spellingsOf(plain), phone, email }
}

/** Marketplaces and couriers write a name in one case; people do not. */
const spellingsOf = (id: string): readonly string[] => [
  ...new Set([id, id.toUpperCase(), id.toLowerCase()]),
]

const nationalOrAbroad = /^(?:(?:0?91|0)?\d{10}|00\d{8,15})$/
const isPhone = (text: string): boolean =>
  normalPhone(text) !== null &&
  (text.startsWith('+') || nationalOrAbroad.test(text.replaceAll(/[\s().-]/g, '')))
