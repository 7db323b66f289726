/** What may be logged of an error that somebody else made: its message may quote a buyer's data. */
import { failureOf } from '../plugin.ts'
import { isFault } from '../errors.ts'
import { wordOf } from '../queues/why.ts'

/** Messages of failures and faults are written for people; of other errors only where they arose. */
export const traceOf = (error: unknown): Readonly<Record<string, unknown>> => {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = (error as { code?: unknown }).code
  if (failureOf(error) || isFault(error)) {
    return { error: error.message, code, causes: causesOf(error.cause) }
  }
  const at = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6)
  return {
    error: wordOf(error.name) ?? 'Error',
    code: wordOf(code),
    at: at?.map((line) => line.trim()),
  }
}

/** What the network said: such messages name hosts and ports. */
const causesOf = (cause: unknown): readonly string[] => {
  const found: string[] = []
  for (let next = cause; next instanceof Error && found.length < 5; next = next.cause) {
    found.push(next.message)
  }
  return found
}
