/** Cuts TypeScript into tokens: enough to tell code from comments, strings and patterns. */

export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'number' | 'regex' | 'punct' | 'comment'
  readonly text: string
  readonly start: number
}

const lexeme = new RegExp(
  [
    /(?<space>\s+)/u,
    /(?<comment>\/\/.*|\/\*[^]*?\*\/|#!.*)/u,
    /(?<string>"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*')/u,
    /(?<word>[\p{ID_Start}$_#][\p{ID_Continue}$]*)/u,
    /(?<number>\d[\w.]*)/u,
    /(?<punct>\?\.|=>|\.\.\.|[^])/u,
  ].map(({ source }) => source).join('|'),
  'uy',
)
const regexLexeme = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\/\\[\n])+\/\w*/uy
const templateText = /(?:\\[^]|\$(?!\{)|[^`\\$])*/uy
/** After one of these a slash begins a pattern; after any other word it divides. */
const beforePattern = new Set(
  'return typeof case in of delete void throw new else do await yield'.split(' '),
)

export const tokensOf = (source: string): Token[] => {
  const tokens: Token[] = []
  // one number for each open `${`: how many braces are open inside it
  const holes: number[] = []
  let at = 0
  let last: Token | undefined

  const add = (kind: Token['kind'], text: string): void => {
    const token = { kind, text, start: at }
    tokens.push(token)
    if (kind !== 'comment') last = token
    at += text.length
  }
  const addTemplate = (): void => {
    add('template', match(templateText, source, at)?.[0] ?? '')
    if (source.startsWith('${', at)) {
      holes.push(0)
      last = undefined
      at += 2
    } else at += 1
  }

  while (at < source.length) {
    const letter = source[at]
    if (letter === '`' || (letter === '}' && holes.at(-1) === 0)) {
      if (letter === '}') holes.pop()
      at += 1
      addTemplate()
      continue
    }
    const found = match(lexeme, source, at)?.groups ?? {}
    if (found.space !== undefined) at += found.space.length
    else if (found.comment !== undefined) add('comment', found.comment)
    else if (letter === '/' && beginsPattern(last) && match(regexLexeme, source, at)) {
      add('regex', match(regexLexeme, source, at)?.[0] ?? '/')
    } else if (found.string !== undefined) add('string', found.string)
    else if (found.word !== undefined) add('word', found.word)
    else if (found.number !== undefined) add('number', found.number)
    else {
      const hole = holes.length - 1
      if (letter === '{' && hole >= 0) holes[hole] = (holes[hole] ?? 0) + 1
      if (letter === '}' && hole >= 0) holes[hole] = (holes[hole] ?? 0) - 1
      add('punct', found.punct ?? letter ?? '')
    }
  }
  return tokens
}

/** What the source does, without what it says about itself. */
export const codeOf = (tokens: readonly Token[]): Token[] =>
  tokens.filter((token) => token.kind !== 'comment')

const match = (pattern: RegExp, source: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(source)
}

const beginsPattern = (last: Token | undefined): boolean => {
  if (last === undefined) return true
  if (last.kind === 'word') return beforePattern.has(last.text)
  return last.kind === 'punct' && last.text !== ')' && last.text !== ']'
}
