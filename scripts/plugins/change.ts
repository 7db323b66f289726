/** `enable`, `disable`, `upgrade` and `restart`: the file, the database, and the processes. */
import { isMarketplace } from '#core/plugin.ts'
import type { PluginFault } from '#core/host/load.ts'
import type { PluginChange } from '#core/queues/plugins.ts'
import { lacksOfPlugin } from '#core/queues/plugins.ts'
import type { CommandIo, ExitCode } from '../cli/command.ts'
import { withPlatform } from '../cli/platform.ts'
import { migrateFor, pinFor, pluginOf, refusal, withHostOf } from './bring.ts'
import { differenceOf, replaceText, withEntry } from './config-text.ts'
import { findLook, hasDatabase, lookAt, openConfig, type Opened, readWantedOf } from './read.ts'
import { tellProcesses, type Told } from './tell-processes.ts'

export interface Ask {
  readonly name: string
  readonly reason: string
  readonly by: string
  /** False: does not wait for the processes. */
  readonly waits: boolean
}
type Did = PluginChange['did']

export const enable = async (asked: CommandIo, ask: Ask): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { entry } = await findLook(opened, ask.name)
  const text = withEntry(opened.text, entry.use, { enabled: undefined })
  return await bring(opened, ask, { did: 'enabled', use: entry.use, text })
}

export const upgrade = async (asked: CommandIo, ask: Ask): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { entry } = await findLook(opened, ask.name)
  if (entry.enabled === false) {
    throw new Error(`"${ask.name}" is disabled: call "robnu plugins enable ${ask.name}" instead`)
  }
  const isPinned = entry.integrity !== undefined
  const integrity = await pinFor({ use: entry.use, isPinned }, opened.configDir)
  const text = integrity === undefined
    ? opened.text
    : withEntry(opened.text, entry.use, { integrity })
  return await bring(opened, ask, { did: 'upgraded', use: entry.use, text })
}

export const restart = async (asked: CommandIo, ask: Ask): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { entry } = await findLook(opened, ask.name)
  if (entry.enabled === false) throw new Error(`"${ask.name}" is disabled: nothing runs of it`)
  if (!hasDatabase(opened.io)) {
    throw new Error('DATABASE_URL is not set: running processes are told through the database')
  }
  return await bring(opened, ask, { did: 'restarted', use: entry.use, text: opened.text })
}

/** All faults of all plugins together are told before anything is changed. */
const bring = async (
  opened: Opened,
  ask: Ask,
  { did, use, text }: { readonly did: Did; readonly use: string; readonly text: string },
): Promise<ExitCode> => {
  const { io } = opened
  const verb = verbOf[did]
  return await withHostOf(opened, text, async (host) => {
    const { plugin, process } = pluginOf(host, use)
    const changes = differenceOf(opened.text, text)
    const pending = did === 'restarted' ? [] : await migrateFor(io, host)
    if (io.dryRun) return sayDryRun(io, plugin.id, { changes, pending: pending ?? [] })
    for (const file of pending ?? []) io.say(`Applied ${file}`)
    if (pending === undefined) await refuseLacks(io, plugin, verb)
    const integrity = integrityIn(text, use)
    const change: PluginChange = {
      did,
      reason: ask.reason,
      by: ask.by,
      plugin: {
        ...{ id: plugin.id, use, enabled: true, version: plugin.version, integrity },
        trust: process ? 'isolated' : 'in-process',
      },
    }
    const told = await writeBoth(opened, text, change, ask.waits)
    return sayOutcome(io, { did, id: plugin.id, changes, applied: pending ?? [] }, told)
  }).catch((error: unknown) => {
    if (!hasFaults(error)) throw error
    throw refusal(`${verb} ${ask.name}`, error.faults)
  })
}

export const disable = async (asked: CommandIo, ask: Ask): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { io, path, configDir, entries } = opened
  const look = await findLook(opened, ask.name)
  const { use, trust = 'in-process', integrity = null } = look.entry
  const id = look.plugin?.id ?? (await readWantedOf(io)).find((one) => one.use === use)?.id
  if (id === undefined) {
    io.warn(`"${use}" cannot be loaded, and no process has ever run it: only the file is changed`)
  }
  const others = entries.filter((entry) => entry.enabled !== false && entry.use !== use)
  const needing = (await lookAt(others, configDir))
    .flatMap(({ plugin }) => plugin && id && plugin.needs?.includes(id) ? [plugin.id] : [])
  if (needing.length > 0) {
    throw refusal(
      `disable ${ask.name}`,
      needing.map((plugin) => ({
        ...{ plugin, path: 'needs' },
        message: `needs "${id}": disable it first, with "robnu plugins disable ${plugin}"`,
      })),
    )
  }
  const text = withEntry(opened.text, use, { enabled: false })
  const changes = differenceOf(opened.text, text)
  if (io.dryRun) return sayDryRun(io, id ?? use, { changes, pending: [] })
  const version = look.plugin?.version ?? 'unknown'
  const told = id === undefined
    ? await replaceText(path, opened.text, text).then(() => undefined)
    : await writeBoth(opened, text, {
      did: 'disabled',
      reason: ask.reason,
      by: ask.by,
      plugin: { id, use, enabled: false, version, trust, integrity },
    }, ask.waits)
  return sayOutcome(io, { did: 'disabled', id: id ?? use, changes, applied: [] }, told)
}

const verbOf: Readonly<Record<Did, string>> = {
  enabled: 'enable',
  disabled: 'disable',
  upgraded: 'upgrade',
  restarted: 'restart',
}

const hasFaults = (error: unknown): error is { readonly faults: readonly PluginFault[] } =>
  error instanceof Error && 'faults' in error && Array.isArray(error.faults) &&
  error.faults.every((fault: unknown) => typeof fault === 'object' && fault !== null)

const integrityIn = (text: string, use: string): string | null => {
  const { plugins }: { plugins: readonly { use: string; integrity?: string }[] } = JSON.parse(text)
  return plugins.find((entry) => entry.use === use)?.integrity ?? null
}

/**
 * An upgrade is in the file before a process is told of it: it reads the new pin. All else is in the
 * database first, so that no process acts on the file alone, and then once more.
 */
const writeBoth = async (
  { io, path, text: before }: Opened,
  after: string,
  change: PluginChange,
  waits: boolean,
): Promise<Told | undefined> => {
  const file = () => replaceText(path, before, after)
  if (change.did !== 'upgraded') return await tellProcesses(io, change, { waits, file })
  await file()
  try {
    return await tellProcesses(io, change, { waits, file: () => Promise.resolve() })
  } catch (error) {
    await replaceText(path, after, before)
    throw error
  }
}

/** Without the owner's login nothing can be migrated; then all must be there. */
const refuseLacks = async (
  io: CommandIo,
  plugin: Parameters<typeof isMarketplace>[0],
  verb: string,
): Promise<void> => {
  if (!hasDatabase(io)) return
  const { id, tables = [] } = plugin
  const lacks = await withPlatform(
    io,
    ({ db }) =>
      db.withPlatformScope(
        'cli',
        (tx) => lacksOfPlugin(tx, { id, isMarketplace: isMarketplace(plugin), tables }),
      ),
  )
  if (lacks.length === 0) return
  throw new Error(
    `Cannot ${verb} ${id}: the database lacks ${lacks.join(', ')}, and nothing was changed. ` +
      'Set DATABASE_OWNER_URL for this call: its migrations run with it',
  )
}

const sayDryRun = (
  io: CommandIo,
  plugin: string,
  would: { readonly changes: readonly string[]; readonly pending: readonly string[] },
): ExitCode => {
  for (const line of would.changes) io.say(line)
  for (const file of would.pending) io.say(`Would apply ${file}`)
  if (would.changes.length + would.pending.length === 0) io.say('Nothing would change in the file')
  io.result({ plugin, would })
  return 0
}

const sayOutcome = (
  io: CommandIo,
  done: {
    readonly did: Did
    readonly id: string
    readonly changes: readonly string[]
    readonly applied: readonly string[]
  },
  told: Told | undefined,
): ExitCode => {
  const processes = told?.processes ?? []
  const { generation } = told ?? {}
  for (const line of done.changes) io.say(line)
  io.say(`${done.id} is ${done.did}${generation === undefined ? '' : `, generation ${generation}`}`)
  for (const { process, parts, state, cause } of processes) {
    io.say(`  process ${process.slice(-12)} (${parts}): ${state}${cause ? `: ${cause}` : ''}`)
  }
  const late = processes.filter((one) => generation !== undefined && one.generation < generation)
  if (late.length > 0) io.warn(`${late.length} process(es) have not said anything of it yet`)
  const failed = processes.filter(({ state, cause }) =>
    state === 'failed' || (done.did === 'disabled' && state === 'running' && cause !== null)
  )
  const { did, id, changes, applied } = done
  io.result({ plugin: id, did, changes, applied, generation: generation ?? null, processes })
  return failed.length === 0 ? 0 : 1
}
