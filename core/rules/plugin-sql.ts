/**
 * What a plugin's SQL may touch, read off its text: its own tables, the rows of the ledger for reading,
 * functions that only compute. A fence against mistakes, with a reason for people; what the database
 * itself refuses, by roles and row security, it refuses whatever the text looks like.
 */
import { functions, noFunctions, readableTables } from './plugin-sql-names.ts'
import { type SqlToken, tokensOf } from './sql-tokens.ts'

export interface SqlOwner {
  readonly id: string
  readonly tables?: readonly string[]
  readonly detailsTable?: string
}

/** Why the statement is not the plugin's to run, with the remedy; undefined where it is. */
export const sqlFault = (text: string, plugin: SqlOwner): string | undefined => {
  const tokens = tokensOf(text)
  if (typeof tokens === 'string') return `A plugin's statement cannot be read: ${tokens}`
  const [first] = tokens
  if (first?.kind !== 'word' || !starts.has(first.text)) {
    return 'A plugin reads and writes rows: SELECT, WITH, INSERT, UPDATE or DELETE'
  }
  const own = new Set([...plugin.tables ?? [], ...plugin.detailsTable ? [plugin.detailsTable] : []])
  const common = commonTablesOf(tokens)
  const made = new Set(common.values())
  for (const { name, schema, writes } of relationsOf(tokens)) {
    if (schema !== undefined && schema !== 'public') {
      return `A plugin's statement cannot name the schema "${schema}"`
    }
    if (own.has(name) || made.has(name) && !writes) continue
    if (!readableTables.has(name)) {
      return `The table "${name}" is not one of this plugin: declare it in tables, where it begins with "${plugin.id}_"`
    }
    if (writes) {
      return `The table "${name}" belongs to the core, which alone writes it: a plugin reads it, and writes its own`
    }
  }
  const strange = functionsOf(tokens, common).find(({ name, schema }) =>
    schema !== undefined && schema !== 'pg_catalog' || !functions.has(name)
  )
  if (strange) {
    return `The function "${strange.name}" is not one that a plugin's statement may call: core/rules/plugin-sql-names.ts lists them`
  }
  return undefined
}

const starts = new Set(['select', 'with', 'insert', 'update', 'delete'])

interface Relation {
  readonly name: string
  readonly schema: string | undefined
  readonly writes: boolean
}
interface Frame {
  /** Of a list of tables: after FROM and USING until the next clause. */
  inList: boolean
  /** `extract(x from y)`: FROM names no table in here. */
  readonly isCall: boolean
}

/** Words that end a list of tables. */
const clauses = new Set([
  ...['where', 'group', 'having', 'order', 'limit', 'offset', 'fetch', 'for', 'window', 'union'],
  ...['intersect', 'except', 'returning', 'set', 'select', 'values'],
])
/** Functions whose arguments have a FROM. */
const calls = ['extract', 'substring', 'trim', 'overlay']
/** Words between such a word and the name. */
const fillers = new Set(['only', 'lateral'])

const relationsOf = (tokens: readonly SqlToken[]): readonly Relation[] => {
  const found: Relation[] = []
  const frames: Frame[] = [{ inList: false, isCall: false }]
  const at = (i: number): SqlToken => tokens[i] ?? nothing
  const isAt = (i: number, ...words: readonly string[]): boolean => isWord(at(i), ...words)
  let awaits: 'read' | 'write' | undefined
  for (let i = 0; i < tokens.length; i++) {
    const frame = frames.at(-1) ?? { inList: false, isCall: false }
    const { kind, text } = at(i)
    if (kind === 'mark') {
      if (text === '(') {
        // a list of tables may stand in brackets; a function's arguments and columns are none
        const isList = awaits !== undefined && !isAt(i + 1, 'select', 'with', 'values')
        frames.push({ inList: isList, isCall: isAt(i - 1, ...calls) })
        if (!isList) awaits = undefined
      } else if (text === ')') {
        frames.pop()
        awaits = undefined
      } else if (text === ',' && frame.inList) awaits = 'read'
      continue
    }
    const isFiller = kind === 'word' && fillers.has(text) || isAt(i, 'rows') && isAt(i + 1, 'from')
    if (awaits !== undefined && isName(at(i)) && !isFiller) {
      const parts = [text]
      while (at(i + 1).text === '.' && isName(at(i + 2))) {
        parts.push(at(i + 2).text)
        i += 2
      }
      // a function that gives rows is told among the functions
      if (at(i + 1).text !== '(' || awaits === 'write') {
        found.push({
          name: parts.at(-1) ?? '',
          schema: parts.length > 1 ? parts.at(-2) : undefined,
          writes: awaits === 'write',
        })
      }
      awaits = undefined
      continue
    }
    if (kind !== 'word' || frame.isCall && text === 'from') continue
    if (text === 'from' && !(isAt(i - 1, 'distinct') && isAt(i - 2, 'is', 'not'))) {
      frame.inList = true
      awaits = isAt(i - 1, 'delete') ? 'write' : 'read'
    } else if (text === 'join') awaits = 'read'
    else if (text === 'using' && at(i + 1).text !== '(') {
      frame.inList = true
      awaits = 'read'
    } else if (text === 'into') awaits = 'write'
    else if (text === 'update' && !isAt(i - 1, 'for', 'key', 'do')) awaits = 'write'
    else if (text === 'table') awaits = 'read'
    else if (clauses.has(text)) frame.inList = false
  }
  return found
}

/** Where a name is made: `with x as (…), y (a, b) as materialized (…)`. */
const commonTablesOf = (tokens: readonly SqlToken[]): ReadonlyMap<number, string> =>
  new Map(tokens.flatMap((token, i): [number, string][] => {
    const before = tokens[i - 1] ?? nothing
    const begins = isWord(before, 'with', 'recursive') || before.text === ','
    if (!begins || !isName(token)) return []
    let next = i + 1
    if (tokens[next]?.text === '(') {
      while (next < tokens.length && tokens[next]?.text !== ')') next++
      next++
    }
    const then = [0, 1, 2, 3].map((more) => tokens[next + more]?.text).join(' ')
    return /^as (?:not )?(?:materialized )?\(/.test(then) ? [[i, token.text]] : []
  }))

/** Names before a bracket, but for keywords, types, and where names of columns follow. */
const functionsOf = (
  tokens: readonly SqlToken[],
  made: ReadonlyMap<number, string>,
): readonly { readonly name: string; readonly schema: string | undefined }[] =>
  tokens.flatMap((token, i) => {
    if (!isName(token) || tokens[i + 1]?.text !== '(' || made.has(i)) return []
    if (token.kind === 'word' && noFunctions.has(token.text)) return []
    const isPart = tokens[i - 1]?.text === '.'
    if (isWord(tokens[isPart ? i - 3 : i - 1] ?? nothing, 'into', 'as')) return []
    return [{ name: token.text, schema: isPart ? tokens[i - 2]?.text : undefined }]
  })

const isName = ({ kind }: SqlToken): boolean => kind === 'word' || kind === 'quoted'
const isWord = ({ kind, text }: SqlToken, ...words: readonly string[]): boolean =>
  kind === 'word' && words.includes(text)
const nothing: SqlToken = { kind: 'mark', text: '' }
