/** Takes secrets and buyers out of what was recorded, before anything is written. */
import { digitsOnly, forms, matchesOf, tokensIn } from './forms.ts'
import { createInventor, inventFor, scramble } from './invent.ts'
import { isAddressKey, isHarmless, type Kind, kindBelowPath, kindOfKey } from './keys.ts'
import { hasForm, pathMatcher } from './keys.ts'
import { throughLayers, viewsOf, writingsOf } from './layers.ts'

export interface ScrubOptions {
  /** Paths in answers that hold buyers' data, as the plugin declares them. */
  readonly pii: readonly string[]
  /** Values that must not stand anywhere: the credentials. At least six characters each. */
  readonly secrets: readonly string[]
  readonly seed?: number
}
export interface Scrubber {
  /** Looks at a value and remembers what in it is secret or personal; everything, before anything is scrubbed. */
  readonly learn: (value: unknown, isAnswer?: boolean) => void
  /** The same value with invented ones; `isAnswer`: the declared paths are meant. */
  readonly scrub: (value: unknown, isAnswer?: boolean) => unknown
  readonly text: (text: string) => string
  readonly invented: () => readonly string[]
}

const shortest = 6 // of what is looked for inside other texts

export const createScrubber = ({ pii, secrets, seed = 1 }: ScrubOptions): Scrubber => {
  const inventor = createInventor(seed)
  const isDeclared = pathMatcher(pii)
  /** In lower case → its stand-in; looked for in every text. */
  const needles = new Map<string, string>()
  /** Of the secrets that were given. */
  const writings = new Set<string>()
  let finder: RegExp | undefined

  const standIn = (kind: Kind, value: string): string => {
    const digits = digitsOnly(value)
    // however it is written, it is one number
    const core = kind === 'phone' && digits.length >= 10 ? digits.slice(-10) : undefined
    if (core !== undefined) {
      const form = forms.find(({ name }) => name === 'telephone number')
      const invented = inventor.of(
        'telephone number',
        core,
        (random) => form?.invent(core, random) ?? scramble(core, random),
      )
      return form?.write(value, invented) ?? invented
    }
    return inventor.of(kind, value, (random) => inventFor(kind, value, random))
  }
  const learnNeedle = (kind: Kind, value: string, isGiven = false): void => {
    // a common word would be taken out of everything
    const isTelling = isGiven || value.length >= 12 || /[\d@\s]/.test(value)
    if (value.length < shortest || !isTelling || needles.has(value.toLowerCase())) return
    if (kind === 'secret' && finderOf()?.test(value)) return
    needles.set(value.toLowerCase(), standIn(kind, value))
    if (isGiven) { for (const writing of writingsOf(value)) writings.add(writing) }
    finder = undefined
  }
  const finderOf = (): RegExp | undefined => {
    if (needles.size === 0) return undefined
    finder ??= new RegExp([...needles.keys()].toSorted(longestFirst).map(escaped).join('|'), 'gi')
    finder.lastIndex = 0
    return finder
  }
  const kindAt = (key: string, siblings: readonly string[], declared: boolean): Kind | undefined =>
    declared ? kindBelowPath(key) : kindOfKey(key, siblings)

  const plain = (text: string): string => {
    const known = finderOf()
    if (known) text = text.replaceAll(known, (found) => needles.get(found.toLowerCase()) ?? found)
    for (const form of forms) {
      for (const match of matchesOf(form, text)) {
        const core = form.core(match)
        if (inventor.has(core) || inventor.has(match)) continue
        const invented = inventor.of(form.name, core, (random) => form.invent(core, random))
        text = text.replaceAll(match, form.write(match, invented))
      }
    }
    for (const token of tokensIn(text)) {
      if (!inventor.has(token)) text = text.replaceAll(token, standIn('secret', token))
    }
    return text
  }
  /** Nothing of what is known is left in it, however it is written. */
  const isClean = (text: string): boolean => {
    const isLeft = (view: string): boolean => finderOf()?.test(view) ?? false
    return !viewsOf(text).some(isLeft) && ![...writings].some((writing) => text.includes(writing))
  }
  const text = (given: string): string => {
    const rewritten = throughLayers(given, plain)
    // what cannot be taken out takes the whole text with it
    return isClean(rewritten)
      ? rewritten
      : inventor.of('secret', given, (random) => scramble(given, random))
  }

  const leaf = (value: string, at: Place): string => {
    const kind = kindAt(at.key, at.siblings, at.declared)
    const inside = text(value)
    if (kind === 'secret' && inside !== value) return inside
    if (kind === undefined || isHarmless(value)) return pinsOf(at.key, inside)
    return at.declared || hasForm(kind, value) ? standIn(kind, value) : inside
  }
  /** A PIN in the text of an address. */
  const pinsOf = (key: string, value: string): string =>
    !isAddressKey(key)
      ? value
      : value.replaceAll(/(?<!\d)[1-9]\d{2}\s?\d{3}(?!\d)/g, (pin) =>
        inventor.has(pin) ? pin : standIn('pin', pin))

  for (const secret of secrets.toSorted(longestFirst)) {
    if (secret.length < shortest) throw new Error('Cannot scrub: a secret is too short to be found')
    learnNeedle('secret', secret, true)
  }
  return {
    learn: (value, isAnswer = false) =>
      eachLeaf(value, (one, at) => {
        const declared = isAnswer && isDeclared(at.path)
        const kind = kindAt(at.key, at.siblings, declared)
        if (kind === undefined || isHarmless(String(one))) return
        if (declared || hasForm(kind, String(one))) learnNeedle(kind, String(one))
      }),
    scrub: (value, isAnswer = false) =>
      mapped(value, text, (one, at) => {
        const place = { ...at, declared: isAnswer && isDeclared(at.path) }
        const found = leaf(String(one), place)
        if (typeof one === 'string') return found
        const number = Number(found)
        return String(number) === found ? number : found
      }),
    text,
    invented: inventor.all,
  }
}

export interface Leaf {
  readonly path: readonly string[]
  readonly key: string
  readonly siblings: readonly string[]
}
interface Place extends Leaf {
  readonly declared: boolean
}
type Visit<T> = (value: string | number, at: Leaf) => T

const root: Leaf = { path: [], key: '', siblings: [] }

const mapped = (
  value: unknown,
  key: (text: string) => string,
  visit: Visit<unknown>,
  at: Leaf = root,
): unknown => {
  const nested = typeof value === 'string' ? nestedIn(value) : undefined
  if (nested !== undefined) return JSON.stringify(mapped(nested, key, visit, at))
  if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) {
    return visit(value, at)
  }
  if (Array.isArray(value)) {
    const inside = { ...at, path: [...at.path, '[]'] }
    return value.map((one) => mapped(one, key, visit, inside))
  }
  if (!value || typeof value !== 'object') return value
  const siblings = Object.keys(value)
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      key(name),
      mapped(one, key, visit, { path: [...at.path, name], key: name, siblings }),
    ]),
  )
}
/** JSON in a text has keys of its own. */
const nestedIn = (text: string): object | undefined => {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return value && typeof value === 'object' ? value : undefined
  } catch {
    return undefined
  }
}
export const eachLeaf = (value: unknown, visit: Visit<void>): void =>
  void mapped(value, (name) => name, (one, at) => {
    visit(one, at)
    return one
  })

const longestFirst = (a: string, b: string): number => b.length - a.length
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
