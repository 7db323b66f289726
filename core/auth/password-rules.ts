/**
 * Which passwords may be chosen, by OWASP ASVS 5 (6.2): length counts, composition does not, and
 * nothing that an attacker tries first. Staff besides by the data protection policy of marketplaces.
 */
import { fault } from '../errors.ts'
import { commonPasswords } from './common-passwords.ts'

/** What an attacker knows of the person, and tries first. */
export interface PasswordOwner {
  readonly email: string
  /** Of the sellers that the person works for, or founds. */
  readonly sellerNames?: readonly string[]
  readonly isStaff?: boolean
}

/** In code points, after normalisation. */
const passwordLength = { least: 8, leastOfStaff: 12, advised: 15, most: 1024 } as const
/** For schemas: in UTF-16 units, and far above what `most` characters need. */
export const passwordUnits = 8192

/** Throws `password-refused` with every reason, and never a part of the password. */
export const requirePassword = (
  password: string,
  owner: PasswordOwner,
  pointer = '/password',
): void => {
  const reasons = passwordFaults(password, owner)
  if (reasons.length === 0) return
  throw fault('password-refused', { errors: reasons.map((message) => ({ pointer, message })) })
}

/** Sentences that go on after the name of the member; none: the password may be taken. */
export const passwordFaults = (password: string, owner: PasswordOwner): readonly string[] => {
  const normal = normalPassword(password)
  const length = [...normal].length
  const least = owner.isStaff === true ? passwordLength.leastOfStaff : passwordLength.least
  const reasons: string[] = []
  if (length < least) {
    reasons.push(`must have at least ${least} characters; ${passwordLength.advised} are advised`)
  }
  if (length > passwordLength.most) {
    reasons.push(`must have at most ${passwordLength.most} characters`)
  }
  if (/\p{Cs}/u.test(normal)) reasons.push('must be whole characters of Unicode')
  if (normal.includes('\0')) reasons.push('must not hold NUL')
  if (owner.isStaff === true && !isMixed(normal)) {
    reasons.push('must mix capital and small letters, digits and other characters')
  }
  const lower = normal.toLowerCase()
  if (commonPasswords().has(lower) || isMonotone(lower)) {
    reasons.push('must not be one of the passwords that everybody tries first')
  }
  if (wordsOf(owner).some((word) => isMostly(lower, word))) {
    reasons.push('must not be made of the address, the name of the seller or the product')
  }
  return reasons
}

/**
 * One password typed on two keyboards is one password: NFKC, as NIST SP 800-63B advises. Nothing is
 * cut off, blanks neither.
 */
export const normalPassword = (password: string): string => password.normalize('NFKC')

/** Staff: three kinds would do for most policies, all four do for each. */
const isMixed = (password: string): boolean =>
  [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{L}\p{N}]/u].every((kind) => kind.test(password))

/** One or two characters over and over: no list is long enough for them. */
const isMonotone = (password: string): boolean => new Set(password).size <= 2

const productName = 'robnu'
const shortestWord = 4 // the name "Jo" stands in too many words
const besides = 4 // a year

const wordsOf = ({ email, sellerNames = [] }: PasswordOwner): readonly string[] => {
  const at = email.lastIndexOf('@')
  const domain = email.slice(at + 1).split('.')[0] ?? ''
  return [productName, email, email.slice(0, Math.max(at, 0)), domain, ...sellerNames]
    .map((word) => lettersOf(word.normalize('NFKC').toLowerCase()))
    .filter((word) => word.length >= shortestWord)
}

/** The word, whatever stands between its letters, and hardly anything else. */
const isMostly = (password: string, word: string): boolean => {
  const letters = lettersOf(password)
  return letters.includes(word) && letters.length - word.length <= besides
}

const lettersOf = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, '')
