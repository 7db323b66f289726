/** What every answer has to be, whatever was asked. */
import Ajv2020 from 'ajv/dist/2020.js'
import { type ErrorCode, errorTable } from '#core/errors.ts'
import type { Document } from '../../isolation/positions.ts'
import type { FuzzRequest } from './requests.ts'
import { canary } from './words.ts'

export interface FuzzAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}
export type Judge = (request: FuzzRequest, answer: FuzzAnswer) => readonly string[]

/** Words of the inside that no client is to read. */
const inner =
  /\.[jt]s:\d+:\d+|node:internal|SQLSTATE|syntax error|relation "|column "|invalid input syntax|duplicate key|violates|slonik|postgres|ECONN/i

const security = [
  'strict-transport-security',
  'x-content-type-options',
  'referrer-policy',
  'cross-origin-resource-policy',
  'content-security-policy',
  'cache-control',
  'x-request-id',
] as const

/** A function that names everything that is wrong with an answer. */
export const createJudge = (document: Document): Judge => {
  const ajv = new Ajv2020.default({ strict: false, validateFormats: false })
  const isProblem = ajv.compile({
    $ref: '#/components/schemas/Problem',
    components: document.components,
  })
  return ({ operation, method }, { status, headers, text }) => {
    const faults: string[] = []
    const expect = (isRight: boolean, fault: string): void => {
      if (!isRight) faults.push(fault)
    }
    expect(status < 500, `answers ${status}`)
    for (const name of security) expect(headers.has(name), `has no ${name}`)
    expect(!headers.has('access-control-allow-origin'), 'lets other origins read')
    expect(![...headers].some(([, value]) => value.includes(canary)), 'has the canary in a header')
    if (status < 400) return faults

    expect(headers.get('content-type') === 'application/problem+json', 'is no problem+json')
    expect(headers.get('cache-control') === 'no-store', 'may be kept')
    expect(!text.includes(canary), 'holds the canary')
    expect(!inner.test(text), 'tells of the inside')
    if (method === 'HEAD') return faults
    const problem = parsed(text)
    if (!isProblem(problem)) {
      return [...faults, `is no problem: ${ajv.errorsText(isProblem.errors)}`]
    }
    const { code, instance, title, detail } = problem as Record<string, string> & {
      code: ErrorCode
    }
    expect(errorTable[code].status === status, `has the code ${code}`)
    expect(title === errorTable[code].title && detail === errorTable[code].next, 'has other words')
    expect(instance === `urn:uuid:${headers.get('x-request-id')}`, 'has another instance')
    // what the address would answer to another method is told elsewhere
    if (method === operation.method && code !== 'method-not-allowed') {
      expect(operation.statuses.has(status) || code === 'not-found', `${status} is not documented`)
    }
    return faults
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
