/** Reads the body of a message without ever repeating what it holds. */
import type { Schema } from '../plugin.ts'

export type ReadBody<Body> = { readonly value: Body } | { readonly reason: string }

/** The checked body, or why it is none: names of members, never their values. */
export const readBody = async <Body>(
  schema: Schema<Body>,
  text: string,
): Promise<ReadBody<Body>> => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { reason: 'not JSON' }
  }
  const result = await schema['~standard'].validate(json)
  if (!result.issues) return { value: result.value }
  const members = result.issues.map(({ path = [] }) =>
    path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.') || '(whole)'
  )
  return { reason: `wrong shape: ${[...new Set(members)].join(', ')}` }
}
