/** Answers that are broken on purpose: JSON in its members, anything else in its bytes. */
import type { RawAnswer } from '#core/testing/answers.ts'
import type { Random } from '#core/testing/sandbox/random.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const values: readonly Json[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.005,
    1e21,
    1e308,
    '',
    ' ',
    'nan',
    '\0',
    '-0.0',
    '1.005',
    '-1',
    '1,23,456.78',
  ],
  ...[
    '99999999999999999',
    '\ud800',
    'constructor',
    '__proto__',
    '0000-00-00',
    '2026-02-30',
    [],
    {},
  ],
  ...['Fri Jun 31 16:43:42 IST 2026', 'UNHEARD_OF', 'x'.repeat(5_000), [null], { a: [] }],
]

/** One to four blows; the same ones for the same random. */
export const strike = (answer: RawAnswer & { readonly bytes?: Uint8Array }, random: Random) => {
  const { status, headers } = answer
  if (random.chance(0.03)) {
    return { status: random.pick([200, 204, 207, 400, 404, 409, 500]), headers, text: '' }
  }
  const json = jsonOf(answer.text)
  if (json !== undefined && random.chance(0.9)) {
    let broken = json
    for (let blows = random.int(1, 4); blows > 0; blows--) broken = struck(broken, random)
    return { status, headers, text: JSON.stringify(broken) }
  }
  const bytes = brokenBytes(answer.bytes ?? new TextEncoder().encode(answer.text), random)
  return { status, headers, bytes, text: new TextDecoder().decode(bytes) }
}

const jsonOf = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

const struck = (json: Json, random: Random): Json => {
  const spots = spotsOf(json)
  if (spots.length === 0) return random.pick(values)
  const { parent, key } = random.pick(spots)
  const kind = random.pick(['drop', 'repeat', 'replace', 'replace'])
  const value = structuredClone(random.pick(values))
  if (!Array.isArray(parent)) {
    if (kind === 'drop') delete parent[key]
    else parent[key] = value
    return json
  }
  const at = Number(key)
  if (kind === 'replace') parent.splice(at, 1, value)
  else if (kind === 'drop') parent.splice(at, 1)
  else parent.splice(at, 0, structuredClone(parent[at] ?? null))
  return json
}

interface Spot {
  readonly parent: Json[] | { [key: string]: Json }
  readonly key: string
}
const spotsOf = (json: Json): Spot[] => {
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([key, child]) => [{ parent: json, key }, ...spotsOf(child)])
}

/** Cut, changed, doubled or torn out: what a connection or a portal makes of a file. */
const brokenBytes = (bytes: Uint8Array, random: Random): Uint8Array => {
  if (bytes.length === 0) return Uint8Array.of(0x7b)
  const at = random.int(0, bytes.length - 1)
  const end = Math.min(bytes.length, at + random.int(1, 200))
  const kind = random.pick(['cut', 'change', 'change', 'double', 'tear'])
  if (kind === 'cut') return bytes.slice(0, at)
  if (kind === 'double') return joined(bytes.slice(0, end), bytes.slice(at))
  if (kind === 'tear') return joined(bytes.slice(0, at), bytes.slice(end))
  const changed = bytes.slice()
  for (let blows = random.int(1, 4); blows > 0; blows--) {
    changed[random.int(0, changed.length - 1)] = random.pick([0, 9, 10, 34, 44, 45, 48, 65, 255])
  }
  return changed
}

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
