/** Texts inside texts: JSON, percent, base64, hex, escapes. A secret hides in each of them. */
import { Buffer } from 'node:buffer'

/** Rewrites what is inside; the same text when nothing inside was changed. */
type Layer = (text: string, inside: (decoded: string) => string) => string

const depth = 4 // nobody wraps deeper by accident

/** Applies `rewrite` to every text that can be read out of this one, innermost first. */
export const throughLayers = (
  text: string,
  rewrite: (plain: string) => string,
  level = depth,
): string => {
  if (level === 0) return rewrite(text)
  const inside = (decoded: string): string => throughLayers(decoded, rewrite, level - 1)
  const unwrapped = layers.reduce((whole, layer) => layer(whole, inside), text)
  return rewrite(unwrapped)
}

/** Every text that can be read out of this one, itself too. */
export const viewsOf = (text: string): readonly string[] => {
  const views = new Set<string>()
  throughLayers(text, (plain) => {
    views.add(plain)
    return plain
  })
  return [...views]
}

const runs =
  (pattern: RegExp, decode: Decode, encode: (text: string, run: string) => string): Layer =>
  (text, inside) =>
    text.replaceAll(pattern, (run) => {
      const decoded = decode(run)
      if (decoded === undefined || decoded === run) return run
      const changed = inside(decoded)
      return changed === decoded ? run : encode(changed, run)
    })
type Decode = (run: string) => string | undefined

const readable = (bytes: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // deno-lint-ignore no-control-regex -- bytes that no text has
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
const percent: Decode = (run) => {
  if (!/%[0-9a-f]{2}/i.test(run)) return undefined
  try {
    return decodeURIComponent(run)
  } catch {
    return undefined
  }
}
const named: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" },
}
const unescaped: Decode = (run) =>
  run
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/\\x([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/\\(["'\\/])/g, '$1')
    .replaceAll(/&#x([0-9a-f]{1,5});/gi, (_, hex) => charOf(Number.parseInt(hex, 16)))
    .replaceAll(/&#(\d{1,6});/g, (_, code) => charOf(Number(code)))
    .replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name) => named[name] ?? '')
const charOf = (code: number): string => code <= 0x10ffff ? String.fromCodePoint(code) : ''

const fromBase64 = (alphabet: 'base64' | 'base64url'): Decode => (run) =>
  readable(Buffer.from(run, alphabet))

const json: Layer = (text, inside) => {
  if (!/^\s*["[{]/.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    let changed = false
    const walk = (one: unknown): unknown => {
      if (typeof one === 'string') {
        const found = inside(one)
        changed ||= found !== one
        return found
      }
      if (Array.isArray(one)) return one.map(walk)
      if (one && typeof one === 'object') {
        return Object.fromEntries(
          Object.entries(one).map(([key, each]) => [String(walk(key)), walk(each)]),
        )
      }
      return one
    }
    const walked = walk(value)
    return changed ? JSON.stringify(walked) : text
  } catch {
    return text
  }
}

const layers: readonly Layer[] = [
  json,
  runs(
    /^[^]*$/g,
    (text) => /\\[ux"'\\/]|&(?:#|amp|lt|gt|quot|apos)/i.test(text) ? unescaped(text) : undefined,
    (text) => text,
  ),
  // what separates the parts of an address or of a form is left as it is
  runs(/[^&=?/:#;,\s"'<>]+/g, percent, (text) => encodeURIComponent(text)),
  // a blank of a form
  runs(
    /[^&=?/:#;,\s"'<>]*[^&=?/:#;,\s"'<>+]\+[^&=?/:#;,\s"'<>]+/g,
    (run) => run.replaceAll('+', ' '),
    (text) => text.replaceAll(' ', '+'),
  ),
  runs(
    /[A-Za-z0-9_-]{8,}/g,
    fromBase64('base64url'),
    (text) => Buffer.from(text).toString('base64url'),
  ),
  runs(
    /[A-Za-z0-9+/]{8,}={0,2}/g,
    fromBase64('base64'),
    (text) => Buffer.from(text).toString('base64'),
  ),
  runs(
    /(?:[0-9a-f]{2}){6,}/gi,
    (run) => readable(Buffer.from(run, 'hex')),
    (text, run) => {
      const hex = Buffer.from(text).toString('hex')
      return run === run.toUpperCase() ? hex.toUpperCase() : hex
    },
  ),
]

/** The known text in the writings that a decoder may miss: base64 at each offset, hex, a form. */
export const writingsOf = (text: string): readonly string[] => {
  const utf8 = Buffer.from(text)
  const base64At = (offset: number): string => {
    const coded = Buffer.concat([Buffer.alloc(offset), utf8]).toString('base64')
    // the first and last characters hold bits of the neighbours as well
    return coded.slice(Math.ceil(offset * 8 / 6), Math.floor((offset + utf8.length) * 8 / 6))
  }
  const coded = [0, 1, 2].map(base64At)
  const url = coded.map((one) => one.replaceAll('+', '-').replaceAll('/', '_'))
  const form = new URLSearchParams({ v: text }).toString().slice(2)
  return [...new Set([...coded, ...url, utf8.toString('hex'), encodeURIComponent(text), form])]
}
