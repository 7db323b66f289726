/** What every problem answer has to be, whoever asked for it. */
import { expect } from 'vitest'
import { type ErrorCode, errorTable } from '../../core/errors.ts'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly instance: string
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
}

/** What must never come back: it stands in every value, name and header that is sent. */
export const marker = 'MARKER-6f1d'
const uuidV7 = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export const problemOf = async (response: Response, code?: ErrorCode): Promise<Problem> => {
  const text = await response.text()
  expect(text).not.toContain(marker)
  for (const [name, value] of response.headers) expect(`${name}: ${value}`).not.toContain(marker)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const problem = JSON.parse(text) as Problem
  const { status, title, next } = errorTable[problem.code]
  expect(problem).toMatchObject({ status, title, detail: next, type: `/problems/${problem.code}` })
  expect(problem.instance).toMatch(uuidV7)
  expect(problem.instance).toBe(`urn:uuid:${response.headers.get('x-request-id')}`)
  expect(response.status).toBe(status)
  expect(Object.keys(problem).filter((key) => !known.includes(key))).toEqual([])
  if (status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /)
  if (code !== undefined) expect(problem.code).toBe(code)
  return problem
}
const known = ['type', 'title', 'status', 'code', 'detail', 'instance', 'errors']
