/** The commands that there are: a file of `commands/` is a command by its name. */
import { readdirSync } from 'node:fs'
import type { Command } from './command.ts'

export interface Commands {
  /** In the order of the alphabet. */
  readonly names: readonly string[]
  /** Only what is called is loaded. */
  readonly load: (name: string) => Promise<Command>
}

/** A file is loaded by its path, so that a packed `robnu` finds its JavaScript as well. */
export const openCommands = (folder = new URL('commands/', import.meta.url)): Commands => {
  const files = new Map(
    readdirSync(folder).flatMap((file) => {
      const [, name] = /^([a-z][a-z-]*)\.[jt]s$/.exec(file) ?? []
      return name === undefined ? [] : [[name, file] as const]
    }),
  )
  return {
    names: [...files.keys()].toSorted(),
    load: async (name) => {
      const module = await import(new URL(files.get(name) ?? '', folder).href)
      const command: Command | undefined = module[`${camelCase(name)}Command`]
      if (command?.name !== name) throw new Error(`Cannot run "${name}": its file has no command`)
      return command
    },
  }
}

const camelCase = (name: string): string =>
  name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
