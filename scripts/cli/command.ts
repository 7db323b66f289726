/** What a command of `robnu` is, and what it is given. */
import type { Environment } from '#core/config.ts'

/** 0: done. 1: something is wrong, and was said. 2: called in a wrong way. */
export type ExitCode = 0 | 1 | 2

export interface CommandIo {
  /** A line for people, on stdout; nothing is printed where `--json` was given. */
  readonly say: (line: string) => void
  /** A line on stderr: progress, warnings, why it failed. */
  readonly warn: (line: string) => void
  /** The result; with `--json` it is printed as the one line of stdout, else nothing happens. */
  readonly result: (value: unknown) => void
  readonly env: Environment
  /** Where paths of arguments start from. */
  readonly cwd: string
  readonly now: () => Date
  /** Aborts at SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** `--dry-run`: say what would change, and change nothing. */
  readonly dryRun: boolean
  /** `--json`: for a command that has more than one thing to say of itself. */
  readonly json?: boolean
}
export interface Command {
  /** One word: `plugins`. Verbs of it are its first argument. */
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** The text of `robnu <name> --help`. */
  readonly usage: string
  /** True: takes `--dry-run`, because it changes something. */
  readonly changes: boolean
  /** True: at the signal it ends by itself, however long that takes. Absent: it is given 5 s. */
  readonly drains?: boolean
  /** Where it went wrong: what to do next, said below the reason. */
  readonly advice?: string
  /** `--json`, `--dry-run` and `--help` are taken out before. Throws: printed as one line, exit 1. */
  readonly run: (args: readonly string[], io: CommandIo) => Promise<ExitCode>
}

/** Below the reason why something does not start. */
export const doctorAdvice = '  "robnu doctor" looks at all that a start needs'
