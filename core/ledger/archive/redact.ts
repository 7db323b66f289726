/** An answer of a marketplace as the archive keeps it: its own text, with buyers sealed and keys taken out. */

/** Seals the JSON text of the value at a path such as `orders[3].buyer`. */
export type SealValue = (path: string, json: string) => string

/** What stands for a sealed value. */
export const sealedKey = '$sealed'
const removed = '"[removed]"'
/** Whatever no plugin declares: what only sounds like it is sealed as well, which costs little. */
const personal = /phone|mobile|whatsapp|e-?_?mail|^(?:tel|landline)$/i
const secret =
  /token|secret|passw|api[_-]?key|authori[sz]ation|signature|session|cookie|credential|(?:^|_)otp$/i
// says something about a secret, and is none
const aboutSecret = /(?:type|expir\w*|valid\w*|seconds|_at|count|kind|status)$/i
/** JSON that is nested deeper is nobody's answer. */
const maxDepth = 200

type Kind = 'plain' | 'secret' | 'personal'
interface PathNode {
  readonly below: Map<string, PathNode>
  isDeclared: boolean
}
/** Declared paths, each name at its place. */
export type Paths = PathNode

export const pathsOf = (pii: readonly string[]): Paths => {
  const root: PathNode = { below: new Map(), isDeclared: false }
  for (const path of pii) {
    let at = root
    for (const part of path.replaceAll('[]', '.[]').split('.').filter(Boolean)) {
      let next = at.below.get(part)
      if (!next) at.below.set(part, next = { below: new Map(), isDeclared: false })
      at = next
    }
    at.isDeclared = true
  }
  return root
}

/**
 * The text of JSON on one line: not parsed and written anew, so that every amount and every date stays
 * what stood there. Whatever a path names is sealed whole, and so are telephone numbers and mail
 * addresses by the name of their key, and JSON within a text; secrets are taken out, below a path as
 * well. Throws for what is no JSON.
 */
export const redact = (text: string, paths: Paths, seal: SealValue): string => {
  // no JSON has one inside of a string
  const line = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]+/g, ' ') : text
  const names: (string | number)[] = []
  let edits: Edit[] = []
  let at = 0

  const skipSpace = (): void => {
    for (let c = line.charCodeAt(at); c === 0x20 || c === 0x09; c = line.charCodeAt(at)) at++
  }
  const skipString = (): void => {
    for (let c = line.charCodeAt(++at); c !== quote; c = line.charCodeAt(++at)) {
      if (c === backslash) at++
      else if (at >= line.length) throw broken()
    }
    at++
  }
  const skipScalar = (): void => {
    const from = at
    for (let c = line.charCodeAt(at); isOfScalar(c); c = line.charCodeAt(++at));
    if (at === from) throw broken()
  }
  const member = (node: PathNode | undefined, isInside: boolean): void => {
    skipSpace()
    const from = at + 1
    if (line.charCodeAt(at) !== quote) throw broken()
    skipString()
    const key = line.slice(from, at - 1)
    const name = key.includes('\\') ? JSON.parse(`"${key}"`) as string : key
    skipSpace()
    if (line.charCodeAt(at++) !== colon) throw broken()
    names.push(name)
    value(node?.below.get(name), kindOf(name), isInside)
    names.pop()
  }
  const object = (node: PathNode | undefined, isInside: boolean): void => {
    at++
    skipSpace()
    if (line.charCodeAt(at) !== braceEnd) member(node, isInside)
    for (let c = nextSign(); c !== braceEnd; c = nextSign()) {
      if (c !== comma) throw broken()
      at++
      member(node, isInside)
    }
    at++
  }
  const array = (node: PathNode | undefined, isInside: boolean): void => {
    const below = node?.below.get('[]')
    const entry = (index: number): void => {
      names.push(index)
      value(below, 'plain', isInside)
      names.pop()
    }
    at++
    let index = 0
    if (nextSign() !== bracketEnd) entry(index++)
    for (let c = nextSign(); c !== bracketEnd; c = nextSign()) {
      if (c !== comma) throw broken()
      at++
      entry(index++)
    }
    at++
  }
  const nextSign = (): number => {
    skipSpace()
    return line.charCodeAt(at)
  }
  const value = (node: PathNode | undefined, kind: Kind, isInside: boolean): void => {
    skipSpace()
    if (names.length > maxDepth) throw broken()
    const from = at
    const first = line.charCodeAt(at)
    const before = edits.length
    const isText = first === quote
    const isJson = isText && opensJson.includes(line.charCodeAt(at + 1))
    const isSealed = !isInside && (node?.isDeclared === true || kind === 'personal' || isJson)
    if (first === brace) object(isSealed ? undefined : node, isInside || isSealed)
    else if (first === bracket) array(isSealed ? undefined : node, isInside || isSealed)
    else if (isText) skipString()
    else skipScalar()
    // empty, null, true, false: they tell nothing
    if (tellsNothing.includes(first) || (at - from === 2 && opens.includes(first))) return
    if (kind === 'secret') edits.splice(before, Infinity, { from, to: at, text: removed })
    else if (isSealed) {
      const inner = applied(line, edits.splice(before), from, at)
      const sealed = seal(pathOf(names), inner)
      edits.push({ from, to: at, text: `{"${sealedKey}":"${sealed}"}` })
    }
  }
  value(paths, 'plain', false)
  skipSpace()
  if (at !== line.length) throw broken()
  const done = edits
  edits = []
  return applied(line, done, 0, line.length)
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const [brace, braceEnd, bracket, bracketEnd] = [0x7b, 0x7d, 0x5b, 0x5d]
const opensJson: readonly number[] = [brace, bracket]
/** n, t and f. */
const tellsNothing: readonly number[] = [0x6e, 0x74, 0x66]
/** Neither a sign, nor a space, nor the end. */
const isOfScalar = (code: number): boolean =>
  code > 0x22 && code !== comma && code !== colon && code !== bracketEnd && code !== braceEnd
const opens: readonly number[] = [quote, ...opensJson]
const broken = (): Error => new Error('Cannot archive an answer: it is no JSON')

const applied = (line: string, edits: readonly Edit[], from: number, to: number): string => {
  if (edits.length === 0) return line.slice(from, to)
  const parts: string[] = []
  for (const edit of edits) {
    parts.push(line.slice(from, edit.from), edit.text)
    from = edit.to
  }
  parts.push(line.slice(from, to))
  return parts.join('')
}

const pathOf = (names: readonly (string | number)[]): string =>
  names.reduce<string>(
    (path, name) =>
      typeof name === 'number' ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`,
    '',
  )

const kinds = new Map<string, Kind>()
const mostKinds = 5_000
const kindOf = (key: string): Kind => {
  let kind = kinds.get(key)
  if (kind !== undefined) return kind
  // one of the marketplace's own must not look like ours
  if (key === sealedKey || (secret.test(key) && !aboutSecret.test(key))) kind = 'secret'
  else kind = personal.test(key) ? 'personal' : 'plain'
  if (kinds.size >= mostKinds) kinds.clear()
  kinds.set(key, kind)
  return kind
}
