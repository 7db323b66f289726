/** What is thrown when a command is called in a wrong way: exit code 2. */

export interface WrongCall extends Error {
  readonly code: 'wrong-call'
  /** What was probably meant. */
  readonly nearest?: string
}

const brand = Symbol.for('robnu.wrong-call')

/** `message` says what is wrong; the line that leads to the help is added to it. */
export const wrongCall = (message: string, nearest?: string): WrongCall =>
  Object.assign(new Error(message), {
    [brand]: true,
    code: 'wrong-call' as const,
    ...nearest === undefined ? {} : { nearest },
  })

export const isWrongCall = (error: unknown): error is WrongCall =>
  error instanceof Error && (brand in error || isOfParseArgs(error))

/** Node throws these for options that it does not know, or that lack their value. */
const isOfParseArgs = (error: Error): boolean =>
  'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')

/** Of a verb that changes nothing, in a command of which others do. */
export const refuseDryRun = (io: { readonly dryRun: boolean }, verb: string): void => {
  if (io.dryRun) throw wrongCall(`"${verb}" changes nothing, so it takes no --dry-run`)
}
