/**
 * Values on their way between a plugin's process and ours, as JSON: what the structured clone algorithm
 * knows and the contract uses, and nothing that could run. Both sides use it.
 */

/** What JSON has no word for is an object with the member `$`; one of a plugin's own is wrapped. */
type Tagged = { readonly $: string; readonly v?: unknown }

/** Deeper than any answer of a marketplace. */
const maxDepth = 200

/** Throws a TypeError for what cannot cross: functions, symbols, promises. */
export const encode = (value: unknown, depth = 0): unknown => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : tag('f', String(value))
  if (value === undefined) return tag('u')
  if (typeof value === 'bigint') return tag('n', String(value))
  if (typeof value !== 'object') throw new TypeError(`A ${typeof value} cannot cross to a process`)
  if (depth > maxDepth) throw new TypeError(`A value has more than ${maxDepth} levels`)
  if (Array.isArray(value)) return value.map((one) => encode(one, depth + 1))
  if (value instanceof Date) return tag('d', value.getTime())
  if (value instanceof Uint8Array) return tag('b', value.toBase64())
  if (value instanceof URL) return tag('l', value.href)
  if (value instanceof Map) return tag('m', [...value].map((pair) => encode(pair, depth + 1)))
  if (value instanceof Set) return tag('s', [...value].map((one) => encode(one, depth + 1)))
  if (typeof (value as { then?: unknown }).then === 'function') {
    throw new TypeError('A promise cannot cross to a process')
  }
  const plain: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    // the one name that an assignment takes for something else
    if (name !== '__proto__') plain[name] = encode(member, depth + 1)
  }
  return '$' in plain ? tag('o', plain) : plain
}

/** The reverse; throws a TypeError for what `encode` never makes. */
export const decode = (value: unknown, depth = 0): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) throw new TypeError(`A value has more than ${maxDepth} levels`)
  if (Array.isArray(value)) return value.map((one) => decode(one, depth + 1))
  return '$' in value ? untagged(value as Tagged, depth) : members(value, depth)
}

const tag = (name: string, v?: unknown): Tagged => v === undefined ? { $: name } : { $: name, v }

const members = (value: object, depth: number): Record<string, unknown> => {
  const plain: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    if (name !== '__proto__') plain[name] = decode(member, depth + 1)
  }
  return plain
}

const untagged = ({ $: name, v }: Tagged, depth: number): unknown => {
  if (name === 'u') return undefined
  // of a date that is none
  if (name === 'd' && (typeof v === 'number' || v === null)) return new Date(v ?? NaN)
  if (typeof v === 'string') {
    if (name === 'f') return Number(v)
    if (name === 'n') return BigInt(v)
    if (name === 'b') return Uint8Array.fromBase64(v)
    if (name === 'l') return new URL(v)
  }
  if (Array.isArray(v)) {
    if (name === 's') return new Set(v.map((one) => decode(one, depth + 1)))
    if (name === 'm') return new Map(v.map((pair) => decode(pair, depth + 1) as [unknown, unknown]))
  }
  if (name === 'o' && typeof v === 'object' && v !== null) return members(v, depth)
  throw new TypeError('A value has an unknown form')
}
