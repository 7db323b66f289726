/** The syntax of a source file, as far as mutation needs it. */
import { parseSync } from 'oxc-parser'

/** A node of ESTree, with its place in the text. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value

/** The node of a member; undefined where there is none. */
export const nodeOf = (node: Node | undefined, member: string): Node | undefined => {
  const value = node?.[member]
  return isNode(value) ? value : undefined
}

export const nodesOf = (node: Node, member: string): readonly Node[] => {
  const value = node[member]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** Types do not run: nothing in them is worth a change. */
const typed = ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression']
const members = ['typeAnnotation', 'typeArguments', 'typeParameters', 'returnType']
const isType = ({ type }: Node): boolean =>
  type === 'ImportDeclaration' || type === 'ExportAllDeclaration' ||
  type.startsWith('TS') && !typed.includes(type)

/** Every node that runs, with the nodes around it, the nearest last. */
export const visit = (
  node: Node,
  look: (node: Node, around: readonly Node[]) => void,
  around: readonly Node[] = [],
): void => {
  if (isType(node)) return
  look(node, around)
  const inside = [...around, node]
  for (const [name, value] of Object.entries(node)) {
    if (members.includes(name)) continue
    for (const one of Array.isArray(value) ? value : [value]) {
      if (isNode(one)) visit(one, look, inside)
    }
  }
}

/** Throws where the text is no TypeScript. */
export const parse = (name: string, text: string): Node => {
  const { program, errors } = parseSync(name, text)
  const [error] = errors
  if (error) throw new Error(`Cannot parse ${name}: ${error.message}`)
  return program as unknown as Node
}
