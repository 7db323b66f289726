/** What is kept of an error with its work item: it is shown to people, and holds nobody's data. */
import { failureOf } from '../plugin.ts'

/** What is meant for people as it is; of any other error its code, else its name. */
export const whyOf = (error: unknown): string => {
  const failed = failureOf(error)
  if (failed) return `${failed.kind}: ${failed.message}`.slice(0, 500)
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  return `internal: ${wordOf(code) ?? wordOf(name) ?? 'unknown'}`
}

/** A word such as errors are called by, or the SQLSTATE of PostgreSQL: what else stands there may quote. */
export const wordOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^(?:[A-Za-z][A-Za-z_-]{0,59}|[0-9A-Z]{5})$/.test(value)
    ? value
    : undefined
