/** The texts of `robnu --help` and `robnu <command> --help`. */
import type { Command } from './command.ts'
import type { Commands } from './commands.ts'

/** Taken by the dispatcher, and by every command. */
export const commonOptions = ['--json', '--dry-run', '--help'] as const

export const listOfCommands = async ({ names, load }: Commands): Promise<string> => {
  const width = Math.max(...names.map((name) => name.length))
  const lines: string[] = []
  for (const name of names) lines.push(`  ${name.padEnd(width)}  ${(await load(name)).summary}`)
  return `Usage: robnu <command> [options]

${lines.join('\n')}

  robnu <command> --help   how it is called
  robnu --version          which release this is
  --json                   the result as one line of JSON, errors as {"error":{…}}
  --dry-run                says what would change, and changes nothing

Ends with 0: done. 1: something is wrong, and was said. 2: called in a wrong way.`
}

export const helpOf = ({ summary, usage, changes }: Command): string =>
  `${summary}.

${usage.trim()}

  --json      the result as one line of JSON${
    changes ? '\n  --dry-run   says what would change, and changes nothing' : ''
  }`
