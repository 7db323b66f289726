/** Runs one command: what all of them have in common, and nothing of the process. */
import type { Environment } from '#core/config.ts'
import type { Command, CommandIo, ExitCode } from './command.ts'
import type { Commands } from './commands.ts'
import { describeFailure, type Failure, linesOf } from './failure.ts'
import { commonOptions, helpOf, listOfCommands } from './help.ts'
import { nearestOf } from '#core/nearest.ts'
import { createRedact } from './redact.ts'
import { isWrongCall, wrongCall } from './wrong-call.ts'

export interface Terminal {
  /** Lines with their end. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly env: Environment
  readonly cwd: string
  readonly now: () => Date
  /** Aborts when somebody asks to stop. */
  readonly signal: AbortSignal
}
export interface Robnu {
  readonly commands: Commands
  readonly version: string
}

/** How long what was asked to stop may take, unless it says itself that it takes longer. */
const graceMs = 5_000

/** Resolves in any case; what went wrong has been said then. */
export const runRobnu = async (
  argv: readonly string[],
  { commands, version }: Robnu,
  terminal: Terminal,
): Promise<ExitCode> => {
  const asked = readCommon(argv)
  const said = createIo(asked, terminal)
  let advice: string | undefined
  try {
    const [name, ...args] = asked.args
    if (name === undefined && asked.version) return said.line({ version }, version)
    if (name === undefined || name === 'help' && args.length === 0) {
      if (!asked.help && name === undefined) throw wrongCall('Name a command')
      return said.line({ commands: commands.names }, await listOfCommands(commands))
    }
    const wanted = name === 'help' ? args[0] ?? '' : name
    const command = await find(commands, wanted)
    if (asked.help || name === 'help') {
      const { summary, usage } = command
      return said.line({ name: wanted, summary, usage }, helpOf(command))
    }
    if (asked.dryRun && !command.changes) {
      throw wrongCall(`"${wanted}" changes nothing, so it takes no --dry-run`)
    }
    if (terminal.signal.aborted) throw new Error('Nothing was begun')
    try {
      const code = await ended(command, args, said.io)
      said.close(code)
      return code
    } catch (error) {
      advice = command.advice
      throw meant(error, command)
    }
  } catch (error) {
    const failure = terminal.signal.aborted && !isWrongCall(error)
      ? { code: 'stopped', message: 'Stopped before it was done' }
      : describeFailure(error)
    if (isWrongCall(error)) {
      said.fail(failure, `See ${helpHint(asked.args[0], commands)}`)
      return 2
    }
    said.fail(failure, failure.code === 'stopped' ? undefined : advice)
    return 1
  }
}

const find = async (commands: Commands, name: string): Promise<Command> => {
  if (commands.names.includes(name)) return await commands.load(name)
  const isOption = name.startsWith('-')
  const known = isOption ? [...commonOptions, '--version'] : commands.names
  throw wrongCall(
    `There is no ${isOption ? 'option' : 'command'} "${name}"`,
    nearestOf(name, known),
  )
}

/** What does not end in time when it is asked to is left behind. */
const ended = async (
  command: Command,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> => {
  const running = command.run(args, io)
  if (command.drains) return await running
  const late = Promise.withResolvers<never>()
  late.promise.catch(() => {})
  let timer: ReturnType<typeof setTimeout> | undefined
  const onAbort = () => {
    timer = setTimeout(() => late.reject(new Error('It did not stop in time')), graceMs)
  }
  if (io.signal.aborted) onAbort()
  else io.signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([running, late.promise])
  } finally {
    clearTimeout(timer)
    io.signal.removeEventListener('abort', onAbort)
  }
}

/** An option that nobody knows is compared with those that the usage names. */
const meant = (error: unknown, { usage }: Command): unknown => {
  if (!isWrongCall(error) || error.nearest !== undefined) return error
  const [, option] = /^Unknown option '(--?[^'=\s]+)/.exec(error.message) ?? []
  if (option === undefined) return error
  const known = [...commonOptions, ...usage.match(/--[a-z][a-z-]*/g) ?? []]
  return wrongCall(`There is no option "${option}"`, nearestOf(option, [...new Set(known)]))
}

const helpHint = (name: string | undefined, { names }: Commands): string =>
  name !== undefined && names.includes(name) ? `robnu ${name} --help` : 'robnu --help'

interface Asked {
  readonly args: readonly string[]
  readonly json: boolean
  readonly dryRun: boolean
  readonly help: boolean
  readonly version: boolean
}

/** What stands behind `--` belongs to the command as it is. */
const readCommon = (argv: readonly string[]): Asked => {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const [own, rest] = [argv.slice(0, end), argv.slice(end)]
  const taken: readonly string[] = [...commonOptions, '-h']
  const args = own.filter((one) => !taken.includes(one))
  const version = args[0] === '--version' || args[0] === '-v'
  return {
    args: [...version ? args.slice(1) : args, ...rest],
    json: own.includes('--json'),
    dryRun: own.includes('--dry-run'),
    help: own.includes('--help') || own.includes('-h'),
    version,
  }
}

/** With `--json` stdout has exactly one line: the result, or the error. */
const createIo = ({ json, dryRun }: Asked, terminal: Terminal) => {
  const { env, cwd, now, signal } = terminal
  const redact = createRedact(env)
  let warned: string | undefined
  let told = false
  const out = (line: string) => terminal.out(`${redact(line)}\n`)
  const err = (line: string) => terminal.err(`${redact(line)}\n`)
  const tell = (value: unknown): void => {
    if (told) throw new Error('A command has one result')
    told = true
    if (json) out(JSON.stringify(value))
  }
  const io: CommandIo = {
    say: (line) => {
      if (!json) out(line)
    },
    warn: (line) => {
      warned = line
      err(line)
    },
    result: tell,
    ...{ env, cwd, now, signal, dryRun, json },
  }
  const fail = (failure: Failure, hint?: string): void => {
    for (const line of linesOf(failure)) err(line)
    if (failure.nearest !== undefined) err(`Did you mean "${failure.nearest}"?`)
    if (hint !== undefined) err(hint)
    if (json && !told) tell({ error: failure })
  }
  return {
    io,
    fail,
    /** A text of ours: for people as it is. */
    line: (value: unknown, text: string): 0 => {
      tell(value)
      io.say(text)
      return 0
    },
    /** Whoever reads JSON gets a line, whatever the command forgot. */
    close: (code: ExitCode): void => {
      if (told || !json) return
      if (code === 0) return tell({ ok: true })
      const message = warned ?? 'It did not work'
      tell({ error: { code: code === 2 ? 'wrong-call' : 'failed', message } })
    },
  }
}
