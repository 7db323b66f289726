/** What must open nothing although it looks like a key, each with what is wrong about it. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

type Headers = Record<string, string>

const bearer = (text: string): Headers => ({ authorization: `Bearer ${text}` })
const flipped = (text: string, at: number): string =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
/** The same bytes with other bits behind the end: decoders take both. */
const otherSpelling = (text: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(text.at(-1) ?? 'A')
  return text.slice(0, -1) + alphabet[last ^ 1]
}

/** Of two good keys and the id of the first. */
export const keyForgeries = (
  good: string,
  other: string,
  id: string,
): Readonly<Record<string, Headers>> => {
  const [, prefix = '', secret = ''] = /^rk_(\w{12})_(.+)$/.exec(good) ?? []
  const [, otherPrefix = '', otherSecret = ''] = /^rk_(\w{12})_(.+)$/.exec(other) ?? []
  const hash = createHash('sha256').update(good).digest()
  const raw = Buffer.from(secret, 'base64url')
  const mutated = [3, 8, 14, 16, 20, 30, 40, 50, good.length - 1].map((at) =>
    [`character ${at} changed`, bearer(flipped(good, at))] as const
  )
  return {
    ...Object.fromEntries(mutated),
    'another key’s secret': bearer(`rk_${prefix}_${otherSecret}`),
    'another key’s prefix': bearer(`rk_${otherPrefix}_${secret}`),
    'the last bits of the secret': bearer(otherSpelling(good)),
    'the prefix alone': bearer(`rk_${prefix}`),
    'the prefix and a line': bearer(`rk_${prefix}_`),
    'the secret alone': bearer(secret),
    'no marker': bearer(`${prefix}_${secret}`),
    'another marker': bearer(`sk_${prefix}_${secret}`),
    'the marker in capitals': bearer(`RK_${prefix}_${secret}`),
    'the marker twice': bearer(`rk_${good}`),
    'dots for lines': bearer(good.replaceAll('_', '.')),
    'no line between': bearer(`rk_${prefix}${secret}`),
    'all in capitals': bearer(good.toUpperCase()),
    'all in small letters': bearer(good.toLowerCase()),
    'one character less': bearer(good.slice(0, -1)),
    'one character more': bearer(`${good}A`),
    'one character less in front': bearer(good.slice(1)),
    'a short prefix': bearer(`rk_${prefix.slice(1)}_${secret}`),
    'a long prefix': bearer(`rk_A${prefix}_${secret}`),
    'padded': bearer(`${good}=`),
    'plain base64': bearer(`rk_${prefix}_${raw.toString('base64')}`),
    'the secret in hex': bearer(`rk_${prefix}_${raw.toString('hex')}`),
    'the hash in base64url': bearer(`rk_${prefix}_${hash.toString('base64url')}`),
    'the hash in hex': bearer(hash.toString('hex')),
    'no secret but zeros': bearer(`rk_${prefix}_${'A'.repeat(43)}`),
    'a secret of nobody': bearer(`rk_${'0'.repeat(12)}_${secret}`),
    'the id of the key': bearer(id),
    'the id behind the marker': bearer(`rk_${id}`),
    'wild cards': bearer(`rk_${'%'.repeat(12)}_${secret}`),
    'a wild card for one letter': bearer(`rk_${'_'.repeat(12)}_${secret}`),
    'an injected condition': bearer(`rk_' or '1'='1_${secret}`),
    'a second key behind it': bearer(`${good} ${good}`),
    'a comma behind it': bearer(`${good},`),
    'a key in quotes': bearer(`"${good}"`),
    'url encoded': bearer(encodeURIComponent(good).replaceAll('_', '%5F')),
    'oversized': bearer(`${good}${'A'.repeat(5_000)}`),
    'no scheme': { authorization: good },
    'Basic': { authorization: `Basic ${Buffer.from(`${good}:`).toString('base64')}` },
    'Token': { authorization: `Token ${good}` },
    'ApiKey': { authorization: `ApiKey ${good}` },
    'another header': { 'x-api-key': good },
    'the cookie of people': { cookie: `__Host-robnu=${good}` },
    'the cookie of staff': { cookie: `__Host-robnu-staff=${good}` },
    'a good cookie’s name in the header': { authorization: `Bearer __Host-robnu=${good}` },
    'nothing but the scheme': { authorization: 'Bearer' },
    'an empty header': { authorization: '' },
  }
}
