/** Structured log lines: an event's name and its fields, as one line of JSON. */

export type Fields = Readonly<Record<string, unknown>>
export interface Log {
  readonly info: (event: string, fields?: Fields) => void
  readonly warn: (event: string, fields?: Fields) => void
  readonly error: (event: string, fields?: Fields) => void
  /** The same log with fields that every line carries. */
  readonly with: (fields: Fields) => Log
}
export type LogLevel = 'info' | 'warn' | 'error' | 'silent'

const levels = ['info', 'warn', 'error', 'silent'] as const

/** `write` gets whole lines without their end. What is sealed is never given to a log. */
export const createLog = (
  write: (line: string) => void,
  now: () => Date,
  level: LogLevel = 'info',
  base: Fields = {},
): Log => {
  const line = (at: Exclude<LogLevel, 'silent'>) => (event: string, fields: Fields = {}) => {
    if (levels.indexOf(at) < levels.indexOf(level)) return
    write(JSON.stringify({ at: now().toISOString(), level: at, event, ...base, ...fields }, plain))
  }
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => createLog(write, now, level, { ...base, ...fields }),
  }
}

/** Drops everything; for tests that look at something else. */
export const silentLog: Log = createLog(() => {}, () => new Date(0), 'silent')

/** Errors by name, message, code and cause; bigints as text. */
const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  const code = (value as { code?: unknown }).code
  return { name, message, code, cause, at: stack?.split('\n').slice(1, 6).map((l) => l.trim()) }
}
