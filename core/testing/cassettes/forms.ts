/** Personal data that is known by its form, wherever it stands: found, and invented anew. */
import { isGstin } from '../../plugin/india-checks.ts'
import type { Random } from '../sandbox/random.ts'

export interface Form {
  readonly name: string
  /** Global. */
  readonly pattern: RegExp
  readonly accepts?: (match: string) => boolean
  /** What two writings of one value have in common: the ten digits of a telephone number. */
  readonly core: (match: string) => string
  readonly invent: (core: string, random: Random) => string
  /** Writes an invented core as the match was written. */
  readonly write: (match: string, invented: string) => string
}

export const digitsOnly = (text: string): string => text.replaceAll(/\D/g, '')
/** Digits of `invented`, from the end, in the places of the digits of `written`. */
export const inPlaceOfDigits = (written: string, invented: string): string => {
  let at = invented.length - digitsOnly(written).length
  return written.replaceAll(/\d/g, (digit) => {
    const found = at >= 0 ? invented.charAt(at) : digit
    at++
    return found
  })
}
export const someDigits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.int(0, 9)).join('')
const someLetters = (random: Random, count: number): string =>
  Array.from({ length: count }, () => String.fromCharCode(random.int(65, 90))).join('')

const luhnSum = (digits: string): number =>
  [...digits].toReversed().reduce((sum, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return sum + (value > 9 ? value - 9 : value)
  }, 0)

const asWhole = (_match: string, invented: string): string => invented

/** The earlier ones first: a GSTIN holds a PAN. */
export const forms: readonly Form[] = [
  {
    name: 'e-mail address',
    pattern: /[A-Za-z0-9._+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g,
    core: (match) => match.toLowerCase(),
    // .invalid never resolves (RFC 2606)
    invent: (core, random) => {
      const [local = ''] = core.split('@')
      const name = someLetters(random, Math.max(6, local.length)).toLowerCase()
      return `${name}@buyers.invalid`
    },
    write: asWhole,
  },
  {
    name: 'GSTIN',
    pattern:
      /(?<![A-Za-z0-9])\d{2}[A-Za-z]{5}\d{4}[A-Za-z][0-9A-Za-z][Zz][0-9A-Za-z](?![A-Za-z0-9])/g,
    core: (match) => match.toUpperCase(),
    // of the same state
    invent: (core, random) => {
      const front = `${core.slice(0, 2)}${pan(random, core.charAt(5))}${core.charAt(12)}Z`
      const ends = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ']
      return front + (ends.find((end) => isGstin(front + end)) ?? 'A')
    },
    write: asWhole,
  },
  {
    name: 'PAN',
    pattern: /(?<![A-Za-z0-9])[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?![A-Za-z0-9])/g,
    core: (match) => match,
    invent: (core, random) => pan(random, core.charAt(3)),
    write: asWhole,
  },
  {
    name: 'card number',
    pattern: /(?<![\dA-Za-z])(?:\d[ -]?){13,18}\d(?![\dA-Za-z])/g,
    accepts: (match) => {
      const digits = digitsOnly(match)
      return /^(?:[3-6]|2[2-7]|8[12])/.test(digits) && luhnSum(digits) % 10 === 0
    },
    core: digitsOnly,
    invent: (core, random) => {
      const front = core.charAt(0) + someDigits(random, core.length - 2)
      return front + String((10 - luhnSum(`${front}0`) % 10) % 10)
    },
    write: inPlaceOfDigits,
  },
  {
    name: 'telephone number',
    pattern: /(?<![A-Za-z\d])(?:(?:\+|00)?91[\s-]?|0)?[6-9]\d{4}[\s-]?\d{5}(?![A-Za-z\d])(?!\.\d)/g,
    core: (match) => digitsOnly(match).slice(-10),
    invent: (core, random) => core.charAt(0) + someDigits(random, 9),
    write: inPlaceOfDigits,
  },
]

const pan = (random: Random, holder: string): string =>
  `${someLetters(random, 3)}${holder}${someLetters(random, 1)}${someDigits(random, 4)}${
    someLetters(random, 1)
  }`

/** Everything in the text that has the form. */
export const matchesOf = (form: Form, text: string): readonly string[] =>
  (text.match(form.pattern) ?? []).filter((match) => form.accepts?.(match) ?? true)

/** Long and without order, as keys and tokens are. */
export const tokensIn = (text: string): readonly string[] =>
  (text.match(/[A-Za-z0-9+_=-]{24,}/g) ?? []).filter((token) =>
    /\d/.test(token) && /[A-Za-z]/.test(token) && !uuid.test(token) && bitsOf(token) >= 3.5
  )
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Shannon's, for each character. */
const bitsOf = (text: string): number => {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length
    return sum - share * Math.log2(share)
  }, 0)
}
