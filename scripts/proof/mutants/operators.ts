/** The ways in which a line of code may be wrong: what is changed in it, one place at a time. */
import { isNode, type Node, nodeOf, nodesOf } from './tree.ts'
import { valueChanges } from './values.ts'

export interface Change {
  readonly operator: string
  readonly start: number
  readonly end: number
  readonly after: string
}
export interface Place {
  readonly text: string
  /** The nodes around it, the nearest last. */
  readonly around: readonly Node[]
}
type Operator = (node: Node, place: Place) => readonly Change[]

const change = (operator: string, { start, end }: Node, after: string): Change => ({
  ...{ operator, start, end, after },
})
const slice = (node: Node, { text }: Place): string => text.slice(node.start, node.end)

const bounds: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' }
const opposites: Readonly<Record<string, string>> = {
  ...{ '<': '>=', '<=': '>', '>': '<=', '>=': '<', '===': '!==', '!==': '===' },
}
const sums: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' }

const isText = (node: Node | undefined): boolean =>
  node?.type === 'TemplateLiteral' || typeof node?.['value'] === 'string' ||
  node?.type === 'BinaryExpression' &&
    (isText(nodeOf(node, 'left')) || isText(nodeOf(node, 'right')))

const binary: Operator = (node, place) => {
  const [left, right] = [nodeOf(node, 'left'), nodeOf(node, 'right')]
  const sign = String(node['operator'])
  if (node.type !== 'BinaryExpression' || !left || !right) return []
  const to = (operator: string, table: Readonly<Record<string, string>>): readonly Change[] => {
    const other = table[sign]
    if (other === undefined || (table === sums && isText(node))) return []
    return [change(operator, node, `${slice(left, place)} ${other} ${slice(right, place)}`)]
  }
  return [
    ...to('bound moved', bounds),
    ...to('comparison turned', opposites),
    ...to('arithmetic', sums),
  ]
}

const logical: Operator = (node, place) => {
  const [left, right] = [nodeOf(node, 'left'), nodeOf(node, 'right')]
  if (node.type !== 'LogicalExpression' || !left || !right) return []
  const [a, b] = [slice(left, place), slice(right, place)]
  if (node['operator'] === '??') return [change('default dropped', node, `(${a})`)]
  const other = node['operator'] === '&&' ? '||' : '&&'
  return [change('and, or', node, `((${a}) ${other} (${b}))`)]
}

const unary: Operator = (node, place) => {
  const inner = nodeOf(node, 'argument')
  if (!inner) return []
  if (node.type === 'UnaryExpression' && (node['operator'] === '!' || node['operator'] === '-')) {
    return [change('sign dropped', node, `(${slice(inner, place)})`)]
  }
  if (node.type === 'UpdateExpression') {
    const other = node['operator'] === '++' ? '--' : '++'
    return [change('arithmetic', node, `${slice(inner, place)}${other}`)]
  }
  return []
}

/** Also steps of a generator: `yield` is an expression that stands alone. */
const statement: Operator = (node, { around }) => {
  if (node.type !== 'ExpressionStatement' || around.at(-1)?.type === 'Program') return []
  return [change('statement dropped', node, '{}')]
}

const guard: Operator = (node) => {
  const test = nodeOf(node, 'test')
  const isLoop = node.type === 'WhileStatement'
  if (!test || test.type === 'Literal' || !(isLoop || node.type === 'IfStatement')) return []
  const never = change('guard removed', test, 'false')
  return isLoop ? [never] : [never, change('guard always', test, 'true')]
}

const conditional: Operator = (node, place) => {
  const [test, yes, no] = ['test', 'consequent', 'alternate'].map((name) => nodeOf(node, name))
  if (node.type !== 'ConditionalExpression' || !test || !yes || !no) return []
  const text = `${slice(test, place)} ? ${slice(no, place)} : ${slice(yes, place)}`
  return [change('branches swapped', node, `(${text})`)]
}

const awaited: Operator = (node, { text, around }) => {
  const inner = nodeOf(node, 'argument')
  const parent = around.at(-1)
  // what an async function returns is awaited anyhow
  const isReturned = parent?.type === 'ReturnStatement' ||
    parent?.type === 'ArrowFunctionExpression'
  if (node.type !== 'AwaitExpression' || !inner || isReturned) return []
  return [change('await dropped', node, text.slice(inner.start, inner.end))]
}

/** A member of an object or of a list is not there. */
const memberDropped: Operator = (node) => {
  const list = node.type === 'ObjectExpression'
    ? nodesOf(node, 'properties')
    : node.type === 'ArrayExpression'
    ? nodesOf(node, 'elements')
    : []
  const operator = node.type === 'ObjectExpression' ? 'field dropped' : 'entry dropped'
  return list.map((one, at) => ({
    ...{ operator, start: one.start, end: list[at + 1]?.start ?? one.end, after: '' },
  }))
}

const defaultOfPattern: Operator = (node, place) => {
  const left = nodeOf(node, 'left')
  if (node.type !== 'AssignmentPattern' || !left) return []
  return [change('default dropped', node, slice(left, place))]
}

const other: Readonly<Record<string, string>> = {
  ...{ max: 'min', min: 'max', floor: 'ceil', ceil: 'floor', some: 'every', every: 'some' },
  ...{ startsWith: 'endsWith', endsWith: 'startsWith', find: 'findLast', findLast: 'find' },
  ...{ indexOf: 'lastIndexOf', lastIndexOf: 'indexOf' },
}
const droppable = [
  ...['nullish', 'nullable', 'optional', 'default', 'catch', 'trim', 'toLowerCase'],
  ...['toUpperCase', 'sort', 'toSorted', 'filter'],
]

/** `.some(…)` as `.every(…)`; `.nullish()` and its kind are not there. */
const called: Operator = (node, place) => {
  const callee = nodeOf(node, 'callee')
  const name = nodeOf(callee, 'property')
  const holder = nodeOf(callee, 'object')
  if (node.type !== 'CallExpression' || !name || !holder || callee?.['computed'] === true) return []
  const word = String(name['name'])
  const isMath = holder['name'] === 'Math'
  const swapped = other[word]
  // `.min(…)` of a schema is a bound: its number is changed instead
  const hasSwap = swapped !== undefined && (isMath || !['min', 'max'].includes(word))
  return [
    ...hasSwap ? [change('call swapped', name, swapped)] : [],
    ...droppable.includes(word) ? [change('call dropped', node, slice(holder, place))] : [],
  ]
}

const operators: readonly Operator[] = [
  ...[binary, logical, unary, statement, guard, conditional, awaited],
  ...[memberDropped, defaultOfPattern, called, valueChanges],
]

export const changesAt: Operator = (node, place) => {
  if (!isNode(node)) return []
  return operators.flatMap((operator) => operator(node, place))
}
