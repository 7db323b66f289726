/** SQL's own words apart from texts and comments, by the lexical rules of PostgreSQL. */

export interface SqlToken {
  /** `word`: folded to small letters. `quoted`: a name as it is written. `value`: a text, number or $n. */
  readonly kind: 'word' | 'quoted' | 'value' | 'mark'
  readonly text: string
}

/** The tokens; or why there are none, in words. */
export const tokensOf = (text: string): readonly SqlToken[] | string => {
  const tokens: SqlToken[] = []
  let at = 0
  while (at < text.length) {
    const comment = commentLength(text, at)
    if (comment === undefined) return 'a comment has no end'
    if (comment > 0) {
      at += comment
      continue
    }
    const rest = text.slice(at)
    const form = forms.find(({ pattern }) => pattern.test(rest))
    const [found = ''] = form?.pattern.exec(rest) ?? []
    if (!form || found === '') return 'a text or a name in it has no end'
    if (form.kind === 'refused') return 'it spells a name by numbers'
    if (form.kind !== 'space') tokens.push({ kind: form.kind, text: form.textOf(found) })
    at += found.length
    if (form.kind === 'mark' && found === ';' && text.slice(at).trim() !== '') {
      return 'it is more than one'
    }
  }
  return tokens
}

const same = (found: string): string => found
const empty = (): string => ''
/** The first that fits decides. */
const forms: readonly {
  readonly kind: SqlToken['kind'] | 'space' | 'refused'
  readonly pattern: RegExp
  readonly textOf: (found: string) => string
}[] = [
  { kind: 'space', pattern: /^\s+/, textOf: empty },
  { kind: 'refused', pattern: /^[uU]&"/, textOf: empty },
  { kind: 'value', pattern: /^[eE]'(?:[^'\\]|\\[\s\S]|'')*'/, textOf: empty },
  { kind: 'value', pattern: /^(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'/, textOf: empty },
  {
    kind: 'value',
    pattern: /^\$([A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$[\s\S]*?\$\1\$/,
    textOf: empty,
  },
  { kind: 'value', pattern: /^\$\d+/, textOf: empty },
  {
    kind: 'quoted',
    pattern: /^"(?:[^"]|"")+"/,
    textOf: (found) => found.slice(1, -1).replaceAll('""', '"'),
  },
  {
    kind: 'word',
    pattern: /^[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*/,
    textOf: (found) => found.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  },
  { kind: 'value', pattern: /^(?:\d[\w.]*|\.\d[\w.]*)/, textOf: empty },
  { kind: 'mark', pattern: /^[^'"$]/, textOf: same },
]

/** 0 where none begins; comments in stars hold others. */
const commentLength = (text: string, at: number): number | undefined => {
  if (text.startsWith('--', at)) {
    const end = text.indexOf('\n', at)
    return (end < 0 ? text.length : end) - at
  }
  if (!text.startsWith('/*', at)) return 0
  let depth = 0
  for (let i = at; i < text.length; i++) {
    if (text.startsWith('/*', i)) depth++
    else if (text.startsWith('*/', i)) depth--
    else continue
    i++
    if (depth === 0) return i + 1 - at
  }
  return undefined
}
