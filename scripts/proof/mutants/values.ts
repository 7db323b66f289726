/** Wrong literals: numbers, words, paths, patterns. Sentences for people stay as they are. */
import type { Change, Place } from './operators.ts'
import type { Node } from './tree.ts'

/** Words of the contract: a wrong one is the next of its list, which is a good word as well. */
const vocabularies: readonly (readonly string[])[] = [
  ['NEW', 'ACKNOWLEDGED', 'PACKED', 'READY_TO_SHIP', 'MANIFESTED', 'SHIPPED', 'OUT_FOR_DELIVERY'],
  ['DELIVERED', 'CANCELLED', 'RTO_IN_TRANSIT', 'RTO_RECEIVED', 'LOST'],
  ['INITIATED', 'PICKED_UP', 'IN_TRANSIT', 'PROCESSED', 'CREDITED'],
  ['CUSTOMER_RETURN', 'RTO', 'EXCHANGE'],
  ['OPEN', 'RELEASED', 'PAID'],
  ['SELLER', 'MARKETPLACE'],
  ['auth', 'rejected', 'unavailable', 'rate-limit', 'bad-response'],
  ['started', 'done', 'held', 'failed'],
  ['accepted', 'rejected'],
  ['+05:30', '+05:00'],
]

const wrongWord = (word: string): string => {
  const list = vocabularies.find((words) => words.includes(word))
  return list?.[(list.indexOf(word) + 1) % list.length] ?? `${word}_`
}

/** Told to people, and no part of what a plugin does. */
const isSentence = (text: string): boolean =>
  /^(?:Cannot|Give|Send|AJIO|Amazon) /.test(text) || /^(?:is|must|holds|it|the) /.test(text) ||
  text.split(' ').length > 6

/** Types are compared by these: `typeof x === "string"`. */
const isPartOfSentence = (around: readonly Node[]): boolean => {
  const parent = around.at(-1)
  if (parent?.type === 'TemplateLiteral') return true
  return parent?.type === 'BinaryExpression' && parent['operator'] === '+'
}

export const valueChanges = (node: Node, { text, around }: Place): readonly Change[] => {
  const to = (operator: string, after: string, start = node.start, end = node.end): Change => ({
    ...{ operator, start, end, after },
  })
  const raw = text.slice(node.start, node.end)
  const parent = around.at(-1)
  if (node.type === 'TemplateElement') return pathChanges(node, to)
  if (node.type !== 'Literal' || parent?.type === 'ImportExpression') return []
  const value = node['value']
  if (typeof value === 'boolean') return [to('truth turned', String(!value))]
  if (typeof value === 'number') {
    return [
      to('off by one', `(${raw} + 1)`),
      ...value > 1 ? [to('hundredfold', `(${raw} * 100)`)] : [],
    ]
  }
  if (typeof value === 'string') {
    if (isSentence(value) || isPartOfSentence(around)) return []
    const quote = raw[0] ?? "'"
    const wrong = value === '' ? 'x' : wrongWord(value)
    return [
      to(
        'wrong word',
        `${quote}${raw === `${quote}${value}${quote}` ? wrong : `${raw.slice(1, -1)}_`}${quote}`,
      ),
    ]
  }
  return 'regex' in node && node['regex'] ? patternChanges(raw, to) : []
}

type To = (operator: string, after: string, start?: number, end?: number) => Change

const pathChanges = (node: Node, to: To): readonly Change[] => {
  const { raw } = node['value'] as { readonly raw: string }
  if (!/^[^\s]*\/[^\s]*$/.test(raw) || !/[a-z]/.test(raw)) return []
  // the delimiters of a template belong to its elements
  const start = node.start + 1
  return [to('wrong word', `${raw}x`, start, start + raw.length)]
}

const patternChanges = (raw: string, to: To): readonly Change[] => {
  const end = raw.lastIndexOf('/')
  const [pattern, flags] = [raw.slice(1, end), raw.slice(end + 1)]
  return [
    ...pattern.startsWith('^') ? [to('anchor dropped', `/${pattern.slice(1)}/${flags}`)] : [],
    ...pattern.endsWith('$') ? [to('anchor dropped', `/${pattern.slice(0, -1)}/${flags}`)] : [],
    ...flags.includes('i') ? [to('flag dropped', `/${pattern}/${flags.replace('i', '')}`)] : [],
  ]
}
