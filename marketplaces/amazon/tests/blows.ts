/** Bodies that are broken on purpose. */
import fc from 'fast-check'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Where in a body to strike, as a share of all its places, and with what. */
export const blow = fc.record({
  // of doubles most are tiny, and would all strike the first place
  place: fc.nat({ max: 9_999 }).map((part) => part / 10_000),
  kind: fc.constantFrom('drop', 'repeat', 'replace'),
  value: fc.oneof(
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc.constantFrom<Json>('', 'nan', '\0', '1.005', '-1', -1, 1e21, '99999999999999999', '\ud800'),
    fc.constantFrom<Json>('2022-06-31T25:00:00Z', '0000-00-00', 1e308, [], {}),
  ),
})

/** The body after the blow; a body that is no object or list is replaced. */
export const struck = (
  json: Json,
  { place, kind, value }: { place: number; kind: string; value: Json },
): Json => {
  const spots = spotsOf(json)
  const spot = spots[Math.floor(place * spots.length)]
  if (!spot) return value
  const { parent, key } = spot
  if (Array.isArray(parent)) {
    const at = Number(key)
    if (kind === 'drop') parent.splice(at, 1)
    else if (kind === 'repeat') parent.splice(at, 0, parent[at] ?? null)
    else parent.splice(at, 1, value)
  } else if (kind === 'drop') delete parent[key]
  else parent[key] = value
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
