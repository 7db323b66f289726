/** Writes what is wanted of a plugin into the database, and looks what the processes make of it. */
import type { Tx } from '#core/db/database.ts'
import { pause } from '#core/queues/pause.ts'
import {
  changePlugin,
  type PluginChange,
  type ProcessReport,
  readPluginBook,
} from '#core/queues/plugins.ts'
import type { CommandIo } from '../cli/command.ts'
import { withPlatform } from '../cli/platform.ts'
import { hasDatabase } from './read.ts'

export interface Told {
  readonly generation: number
  readonly processes: readonly ProcessReport[]
}

const waitMs = 20_000
const lookEveryMs = 400

/** Undefined: no database is named, so that the next start finds it in the file. */
export const tellProcesses = async (
  asked: CommandIo,
  change: PluginChange,
  { waits, file }: {
    readonly waits: boolean
    /** Writes the file, when the database knows of the change. */
    readonly file: () => Promise<void>
  },
): Promise<Told | undefined> => {
  if (!hasDatabase(asked)) {
    await file()
    asked.warn('No database is named by DATABASE_URL: the next start finds the change in the file')
    return undefined
  }
  return await withPlatform(asked, async ({ db, io }) => {
    const inScope = <T>(work: (tx: Tx) => Promise<T>) =>
      db.withPlatformScope(`cli:${change.by}`, work)
    const generation = await inScope((tx) => changePlugin(tx, change))
    await file()
    const { id, use } = change.plugin
    const until = io.now().getTime() + waitMs
    for (;;) {
      const { states } = await inScope(readPluginBook)
      const processes = states.filter(({ plugin }) => plugin === id || plugin === use)
      const alive = new Set(states.map(({ process }) => process))
      const acted = processes.filter((one) =>
        one.generation >= generation && one.state !== 'starting' && one.state !== 'draining'
      )
      const isOver = acted.length === alive.size || io.now().getTime() > until
      if (!waits || isOver || io.signal.aborted) return { generation, processes }
      await pause(lookEveryMs, io.signal)
    }
  })
}
