/** One operation of the KMS emulator: what callers may send, and the answer. */
import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { kmsError } from './kms-errors.ts'

export type Answer = Record<string, unknown>
export type Operations = Readonly<Record<string, (body: unknown) => Answer>>

export const KeyId = z.string().min(1)
export const Context = z.record(z.string(), z.string()).default({})
export const Algorithm = z.literal('SYMMETRIC_DEFAULT').optional()
export const Bytes = z.base64().transform((text) => Buffer.from(text, 'base64'))

/** Lists come whole: `Limit` and `Marker` are accepted, and `Truncated` is never true. */
export const paging = { Limit: z.int().positive().optional(), Marker: z.string().optional() }

/** Refuses members that the schema does not name: what is not emulated must not be ignored. */
export const operation = <Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  answer: (input: z.output<z.ZodObject<Shape>>) => Answer,
): (body: unknown) => Answer => {
  const schema = z.strictObject(shape)
  return (body) => {
    const parsed = schema.safeParse(body)
    if (parsed.success) return answer(parsed.data)
    const [issue] = parsed.error.issues
    if (issue?.code === 'unrecognized_keys') {
      throw kmsError('UnsupportedOperationException', `${issue.keys.join(', ')}: not emulated`)
    }
    const member = issue?.path.join('.') || 'The request'
    throw kmsError('ValidationException', `${member}: ${issue?.message ?? 'not valid'}`)
  }
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
