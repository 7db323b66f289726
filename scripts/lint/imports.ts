/** Finds what a file imports, in every way in which it can: also types, workers and `require`. */
import { codeOf, type Token, tokensOf } from './tokens.ts'

export interface Import {
  /** Null: computed at run time, so that nobody can tell from the source what it is. */
  readonly specifier: string | null
  readonly start: number
  readonly end: number
}

export const importsOf = (source: string): Import[] => {
  const code = codeOf(tokensOf(source))
  return code.flatMap((token, at) => {
    if (token.kind !== 'word' || code[at - 1]?.text === '.') return []
    const found = importAt(code, at)
    return found === undefined ? [] : [found]
  })
}

const importAt = (code: readonly Token[], at: number): Import | undefined => {
  const word = code[at]?.text
  const next = code[at + 1]
  if (next === undefined) return undefined
  if (word === 'import' || word === 'require') {
    if (next.text === '(') return calledWith(code, at + 2)
  }
  if (word === 'import') return next.kind === 'string' ? named(next) : afterFrom(code, at + 1)
  if (word === 'export' && ['{', '*', 'type'].includes(next.text)) return afterFrom(code, at + 1)
  if (word === 'new' && next.text === 'URL') return moduleUrl(code, at + 3)
  return undefined
}

/** `import(…)` and `require(…)`; a template without holes is as good as a string. */
const calledWith = (code: readonly Token[], at: number): Import | undefined => {
  const token = code[at]
  if (token === undefined || token.text === ')') return undefined
  const isWhole = [')', ','].includes(code[at + 1]?.text ?? '')
  if (isWhole && (token.kind === 'string' || token.kind === 'template')) return named(token)
  return { specifier: null, start: token.start, end: token.start + token.text.length }
}

/** `new URL('./worker.ts', import.meta.url)`: a module that a worker will run. */
const moduleUrl = (code: readonly Token[], at: number): Import | undefined => {
  const token = code[at]
  if (token?.kind !== 'string' || !/\.(?:ts|mts|js|mjs)['"]$/.test(token.text)) return undefined
  return code[at + 2]?.text === 'import' ? named(token) : undefined
}

/** The clause of a declaration holds names, braces, commas and stars only. */
const afterFrom = (code: readonly Token[], from: number): Import | undefined => {
  for (let at = from; at < code.length; at += 1) {
    const token = code[at]
    const next = code[at + 1]
    if (token === undefined || next === undefined) return undefined
    if (token.text === 'from' && next.kind === 'string') return named(next)
    const isClause = token.kind === 'word' || token.kind === 'string' || '{},*'.includes(token.text)
    if (!isClause) return undefined
    // `export { a }` without `from` ends here; `import a, { b } from` does not
    if (token.text === '}' && next.text !== 'from') return undefined
  }
  return undefined
}

const named = (token: Token): Import => ({
  specifier: token.kind === 'template' ? token.text : token.text.slice(1, -1),
  start: token.start,
  end: token.start + token.text.length,
})
