/** Finds the rows in an answer of any marketplace, and spoils one of them. */
import type { RawAnswer } from '../answers.ts'

// deno-lint-ignore no-explicit-any -- bodies of any form
export type Json = any

export const jsonOf = (answer: RawAnswer): Json => {
  try {
    return JSON.parse(answer.text)
  } catch {
    return undefined
  }
}

/** The list of as many objects as the page has received, nearest to the root. */
export const rowsIn = (json: Json, received: number): Json[] | undefined => {
  const waiting: Json[] = [json]
  for (let at = 0; at < waiting.length; at++) {
    const value = waiting[at]
    if (typeof value !== 'object' || value === null) continue
    const isList = Array.isArray(value)
    if (isList && value.length === received && typeof value[0] === 'object') return value
    if (!isList || at === 0) waiting.push(...Object.values(value))
  }
  return undefined
}

export type Path = readonly (string | number)[]

/** `lines.0.quantity` as a path. */
export const pathOf = (text: string): Path =>
  text.split('.').map((part) => /^\d+$/.test(part) ? Number(part) : part)

/** Every member that holds no others, as paths; of lists the first two entries. */
export const leavesOf = (value: Json, path: Path = []): readonly Path[] => {
  if (typeof value !== 'object' || value === null) return [path]
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.slice(0, 2).map((one, at) => [at, one])
    : Object.entries(value)
  return entries.flatMap(([name, one]) => leavesOf(one, [...path, name]))
}

export const valueAt = (value: Json, path: Path): Json =>
  path.reduce((inner, name) => inner?.[name], value)

/** Changes the member in place; undefined takes it away. */
export const setAt = (value: Json, path: Path, to: Json): void => {
  const holder = valueAt(value, path.slice(0, -1))
  const name = path.at(-1)
  if (name === undefined || typeof holder !== 'object' || holder === null) return
  if (to === undefined && !Array.isArray(holder)) delete holder[name]
  else holder[name] = to
}

export const withJson = (answer: RawAnswer, json: Json): RawAnswer => ({
  status: answer.status,
  headers: answer.headers,
  text: JSON.stringify(json),
})
