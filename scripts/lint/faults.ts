/** Applies the rules of `house.ts` to one file. Pure: the linter and the suite both call it. */
import { defaultExports, patterns, type Rule, words } from './house.ts'
import { importFaultsOf } from './import-faults.ts'
import { isWithin } from './places.ts'
import { codeOf, type Token, tokensOf } from './tokens.ts'

export interface Fault {
  readonly rule: Rule
  readonly path: string
  readonly line: number
  readonly start: number
  readonly end: number
  readonly message: string
}
export type Report = (rule: Rule, start: number, end: number, message: string) => void

/** Every fault of the file at `path` (from the project's root, with slashes), in order. */
export const faultsOf = (path: string, source: string): Fault[] => {
  const faults: Fault[] = []
  const report: Report = (rule, start, end, message) => {
    const line = source.slice(0, start).split('\n').length
    faults.push({ rule, path, line, start, end, message })
  }
  const isCode = /\.[cm]?[jt]s$/.test(path)
  const tokens = isCode ? tokensOf(source) : []
  if (isCode) {
    importFaultsOf(path, source, report)
    reportWords(path, codeOf(tokens), report)
    reportDefaultExport(path, codeOf(tokens), report)
    reportLeftOutTests(path, codeOf(tokens), report)
    reportSharedHooks(path, codeOf(tokens), report)
  }
  reportPatterns(path, source, tokens, report)
  return faults.toSorted((a, b) => a.start - b.start)
}

const reportWords = (path: string, code: readonly Token[], report: Report): void => {
  // `a?.['b']` is read as `a['b']`
  const steps = code.filter(({ text }, at) => text !== '[' || code[at - 1]?.text !== '?.')
  for (const word of words) {
    if (!isWithin(path, word.within) || isWithin(path, word.except)) continue
    steps.forEach((token, at) => {
      if (token.kind !== 'word') return
      if (!word.tokens.every((text, step) => plain(steps[at + step]) === text)) return
      // `job.process.env` is read as the environment on purpose: no object of ours is named so
      const isOwned = ['.', '?.'].includes(steps[at - 1]?.text ?? '') &&
        steps[at - 2]?.text !== 'globalThis'
      if (isOwned && word.tokens.at(-1) !== 'env') return
      const name = word.tokens.filter((text) => /\w/.test(text)).join('.')
      report(
        word.rule,
        token.start,
        token.start + token.text.length,
        `Cannot use "${name}": ${word.why}`,
      )
    })
  }
}

/** `a?.b` and `a.b` are one thing to a rule, and so is `a['b']`, as far as it is written out. */
const plain = (token: Token | undefined): string | undefined => {
  if (token?.kind === 'string') return token.text.slice(1, -1)
  return token?.text === '?.' || token?.text === '[' ? '.' : token?.text
}

const reportDefaultExport = (path: string, code: readonly Token[], report: Report): void => {
  if (defaultExports.some((pattern) => pattern.test(path))) return
  code.forEach((token, at) => {
    const isDefault = token.text === 'export' && code[at + 1]?.text === 'default'
    const isRenamed = token.text === 'as' && code[at + 1]?.text === 'default' &&
      code[at + 2]?.text !== 'as'
    if (!isDefault && !isRenamed) return
    const why = 'only what is loaded by its path has one, so that a thing has one name everywhere'
    report(
      'default-export',
      token.start,
      token.start + token.text.length,
      `Cannot export a default: ${why}`,
    )
  })
}

/** `.skipIf(…)` and `.runIf(…)` say what they look for; these three say nothing. */
const reportLeftOutTests = (path: string, code: readonly Token[], report: Report): void => {
  if (!isWithin(path, ['*tests'])) return
  code.forEach((token, at) => {
    if (!['only', 'skip', 'todo'].includes(token.text) || code[at - 1]?.text !== '.') return
    if (!['(', '.'].includes(code[at + 1]?.text ?? '')) return
    const why = 'a test that does not run proves nothing'
    report(
      'test-left-out',
      token.start,
      token.start + token.text.length,
      `Cannot leave out by ".${token.text}": ${why}`,
    )
  })
}

const hooks = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll']
/** Test files share a process, and a module that two of them import runs once. */
const reportSharedHooks = (path: string, code: readonly Token[], report: Report): void => {
  if (!isWithin(path, ['*tests']) || /\.(?:test|proof)\.ts$|-set-up\.ts$/.test(path)) return
  let depth = 0
  code.forEach((token, at) => {
    if ('{' === token.text) depth++
    if ('}' === token.text) depth--
    if (depth > 0 || !hooks.includes(token.text) || code[at + 1]?.text !== '(') return
    const why = 'it is there for the first test file of a process only; put it into a function'
    report(
      'shared-hook',
      token.start,
      token.start + token.text.length,
      `Cannot hook in at the top of a module by "${token.text}": ${why}`,
    )
  })
}

const reportPatterns = (
  path: string,
  source: string,
  tokens: readonly Token[],
  report: Report,
): void => {
  for (const { rule, pattern, within, commentsOf = [], why } of patterns) {
    if (!isWithin(path, within)) continue
    const comments = isWithin(path, commentsOf)
      ? tokens.filter(({ kind }) => kind === 'comment')
      : []
    for (const found of source.matchAll(pattern)) {
      const start = found.index
      const isComment = ({ start: from, text }: Token) =>
        from <= start && start < from + text.length
      if (comments.some(isComment)) continue
      report(rule, start, start + found[0].length, `Cannot write "${found[0]}": ${why}`)
    }
  }
}
