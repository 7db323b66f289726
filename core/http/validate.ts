/** Checks input by its schema and says what is wrong without repeating a word of it. */
import { fault, type FieldFault } from '../errors.ts'
import type { Schema, SchemaIssue } from '../plugin.ts'

/** Where a part of the input stands in the pointers of an answer; the body is the root. */
export const prefixOf = { params: '/params', query: '/query', body: '' } as const

/** Throws `invalid-request` with a pointer for each fault. */
export const validate = async <Out>(
  schema: Schema<Out>,
  value: unknown,
  part: keyof typeof prefixOf,
): Promise<Out> => {
  const checked = schema['~standard'].validate(value)
  const result = checked instanceof Promise ? await checked : checked
  if (result.issues === undefined) return result.value
  throw fault('invalid-request', {
    errors: result.issues.slice(0, maxFaults).map((issue) => fieldFaultOf(issue, prefixOf[part])),
  })
}

const maxFaults = 50 // an array of a megabyte has room for many

const fieldFaultOf = (issue: SchemaIssue, prefix: string): FieldFault => ({
  pointer: prefix + (issue.path ?? []).map(pointerStep).join(''),
  message: messageOf(issue as Issue),
})

const pointerStep = (step: PropertyKey | { readonly key: PropertyKey }): string => {
  const key = String(typeof step === 'object' ? step.key : step)
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The members of zod's issues that come from the schema alone; other vendors have none. */
interface Issue extends SchemaIssue {
  readonly code?: string
  readonly expected?: string
  readonly format?: string
  readonly minimum?: number | bigint
  readonly maximum?: number | bigint
  readonly inclusive?: boolean
  readonly origin?: string
  readonly divisor?: number
  readonly values?: readonly unknown[]
}

/** The library's own words quote input: names of unknown members, for one. */
const messageOf = (issue: Issue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nouns[issue.expected ?? ''] ?? withArticle(issue.expected ?? 'value')}`
    case 'invalid_value':
      return `must be ${(issue.values ?? []).map((one) => JSON.stringify(one)).join(' or ')}`
    case 'invalid_format':
      return issue.format === 'regex' ? 'has the wrong form' : `must be a valid ${formatOf(issue)}`
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${
        amount(issue.minimum, issue.origin)
      }`
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${
        amount(issue.maximum, issue.origin)
      }`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      return 'has members that are not known here'
    // written by us, in a schema of ours
    case 'custom':
      return issue.message
    default:
      return 'is not what this route asks for'
  }
}

const formatOf = ({ format }: Issue): string => format === 'guid' ? 'uuid' : format ?? 'text'

/** What the library calls otherwise than JSON does. */
const nouns: Readonly<Record<string, string>> = { int: 'a whole number', record: 'an object' }

const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`

const amount = (limit: number | bigint | undefined, origin: string | undefined): string => {
  if (origin === 'string') return `${limit} characters long`
  return origin === 'array' || origin === 'set' ? `${limit} items long` : `${limit}`
}
