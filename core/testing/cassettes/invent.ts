/**
 * What stands for a real value: of the same form, and the same one for the same value. It is drawn by
 * the order in which values come, never made of the value: nobody can try values until one fits.
 */
import { personFor, placeFor } from '../sandbox/people.ts'
import { type Random, randomFor } from '../sandbox/random.ts'
import { digitsOnly, inPlaceOfDigits, someDigits } from './forms.ts'
import type { Kind } from './keys.ts'

export interface Inventor {
  /** The stand-in of a value; asked again, the same. */
  readonly of: (kind: string, value: string, make: (random: Random) => string) => string
  readonly has: (text: string) => boolean
  /** Everything that was invented, in order of the alphabet. */
  readonly all: () => readonly string[]
}

export const createInventor = (seed: number): Inventor => {
  const known = new Map<string, string>()
  const used = new Set<string>()
  return {
    of: (kind, value, make) => {
      const key = value.toLowerCase()
      const before = known.get(key)
      if (before !== undefined) return before
      for (let attempt = 0;; attempt++) {
        const found = make(randomFor(seed, `${kind}/${known.size}/${attempt}`))
        // two values must not become one, unless there are hardly any of this form
        if (attempt < 20 && (used.has(found) || found === value)) continue
        known.set(key, found)
        used.add(found)
        return found
      }
    },
    has: (text) => used.has(text),
    all: () => [...used].toSorted(),
  }
}

/** Every character by another one of its class. */
export const scramble = (value: string, random: Random): string => {
  const mixed = [...value].map((char, at) => {
    if (/[a-z]/.test(char)) return String.fromCharCode(random.int(97, 122))
    if (/[A-Z]/.test(char)) return String.fromCharCode(random.int(65, 90))
    if (/\d/.test(char)) return String(random.int(at === 0 && char !== '0' ? 1 : 0, 9))
    return /\p{L}|\p{N}/u.test(char) ? 'x' : char
  }).join('')
  return mixed === value ? 'x'.repeat(value.length) : mixed
}

/** By the kind of the value; what has not the form of its kind is scrambled. */
export const inventFor = (kind: Kind, value: string, random: Random): string => {
  const digits = digitsOnly(value)
  const cased = (text: string): string => value === value.toUpperCase() ? text.toUpperCase() : text
  if (kind === 'name' && /^\p{L}[\p{L}\s.']*$/u.test(value)) {
    const { name } = personFor(random)
    const [first = name] = name.split(' ')
    return cased(/\s/.test(value.trim()) ? name : first)
  }
  if (kind === 'email' && value.includes('@')) return personFor(random).email
  if (kind === 'pin' && digits.length === 6) {
    // of the same sorting district, so that it fits its state
    return inPlaceOfDigits(value, digits.slice(0, 3) + someDigits(random, 3))
  }
  if (kind === 'phone' && digits.length >= 7) {
    return inPlaceOfDigits(value, someDigits(random, Math.min(9, digits.length - 1)))
  }
  if (kind === 'street' && /\s/.test(value)) {
    const { line1, line2 } = personFor(random)
    return cased(random.chance(0.5) ? line1 : line2)
  }
  if (kind === 'city' && /^\p{L}[\p{L}\s]*$/u.test(value)) {
    const { city } = placeFor(random)
    return value === value.toUpperCase() ? city : titled(city)
  }
  return scramble(value, random)
}
const titled = (text: string): string =>
  text.toLowerCase().replaceAll(/(?:^|\s)\p{L}/gu, (letter) => letter.toUpperCase())
