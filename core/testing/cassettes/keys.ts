/** What a value is by the key that it stands under, and by the paths that a plugin declares. */
import { gstStateCode } from '../../plugin/india.ts'
import { digitsOnly } from './forms.ts'

/** How a value is invented anew. */
export type Kind = 'secret' | 'name' | 'phone' | 'email' | 'pin' | 'street' | 'city' | 'text'

const secretKey =
  /token|secret|passw|api[_-]?key|^key$|authori[sz]ation|signature|session|cookie|(?:^|_)otp$|credential/i
// says something about a secret, and is none
const aboutSecret = /(?:type|expir\w*|valid\w*|seconds|_at|count|kind|status)$/i
const nameKey =
  /^(?:buyer|customer|recipient|receiver|consignee|contact|shipto|billto|first|middle|last|full|sur)[_-]?name$/i
const phoneKey = /phone|mobile|whatsapp|contact[_-]?(?:no|number)|^tel$/i
const pinKey = /^(?:pin|pin[_-]?code|postal[_-]?code|post[_-]?code|zip|zip[_-]?code)$/i
const streetKey = /^(?:address[_-]?(?:line)?[_-]?\d?|line[_-]?\d|street|landmark|addr\w*)$/i
const cityKey = /^(?:city|town|district)$/i

/** Of a key anywhere; `siblings` tell whether a bare `name` is a person's. */
export const kindOfKey = (key: string, siblings: readonly string[]): Kind | undefined => {
  if (secretKey.test(key) && !aboutSecret.test(key)) return 'secret'
  if (nameKey.test(key) || (/^name$/i.test(key) && siblings.some(isOfAddress))) return 'name'
  if (phoneKey.test(key)) return 'phone'
  if (pinKey.test(key)) return 'pin'
  if (streetKey.test(key)) return 'street'
  return undefined
}
const isOfAddress = (key: string): boolean =>
  phoneKey.test(key) || pinKey.test(key) || streetKey.test(key) || /^e?[_-]?mail$/i.test(key)

/** Of a key below a declared path, where everything is invented. */
export const kindBelowPath = (key: string): Kind => {
  if (/name$/i.test(key)) return 'name'
  if (cityKey.test(key)) return 'city'
  if (/mail/i.test(key)) return 'email'
  return kindOfKey(key, []) ?? 'text'
}

export const isAddressKey = (key: string): boolean => streetKey.test(key)

/** Tells nothing of a person: a state, the country, an empty text. */
export const isHarmless = (text: string): boolean =>
  text === '' || gstStateCode(text) !== null || /^(?:india|in|ind)$/i.test(text)

/** `orders[].buyer` and everything below it; arrays of a path are `[]`. */
export const pathMatcher = (
  paths: readonly string[],
): (at: readonly string[]) => boolean => {
  const wanted = paths.map((path) => path.replaceAll('[]', '.[]').split('.').filter(Boolean))
  return (at) => wanted.some((path) => path.every((part, i) => at[i] === part))
}

/** Under a key that only sounds like it, a value of another form is left alone. */
export const hasForm = (kind: Kind, value: string): boolean => {
  if (kind === 'secret') return value.length >= 6
  if (kind === 'phone') return digitsOnly(value).length >= 7
  if (kind === 'pin') return /^\s*[1-9]\d{2}\s?\d{3}\s*$/.test(value)
  return value.length >= 2
}
