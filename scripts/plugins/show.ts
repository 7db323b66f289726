/** `list`, `verify`, `add` and `schema`. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { configFileSchema, secretsInClear } from '#core/config-file.ts'
import { sql } from '#core/db/sql.ts'
import { isMarketplace } from '#core/plugin.ts'
import { type PluginBook, readPluginBook } from '#core/queues/plugins.ts'
import type { CommandIo, ExitCode } from '../cli/command.ts'
import { withPlatform } from '../cli/platform.ts'
import { tableOf } from '../cli/table.ts'
import { pendingOf, pinFor, withHostOf } from './bring.ts'
import { differenceOf, replaceText, withNewEntry } from './config-text.ts'
import { findLook, hasDatabase, type Look, lookAt, openConfig } from './read.ts'

interface Switched {
  readonly key: string
  readonly enabled: boolean
  readonly reason: string
}

const readDatabase = (io: CommandIo) =>
  withPlatform(io, ({ db }) =>
    db.withPlatformScope('cli', async (tx) => ({
      book: await readPluginBook(tx),
      switches: await tx.any(sql.type(switchRow)`
        select key, enabled, reason from switches where key like 'marketplace:%' and not enabled`),
    })))
const switchRow = z.object({ key: z.string(), enabled: z.boolean(), reason: z.string() })

export const list = async (asked: CommandIo): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { io } = opened
  const looks = await lookAt(opened.entries, opened.configDir)
  const found = hasDatabase(io) ? await readDatabase(io) : undefined
  if (!found) io.warn('DATABASE_URL is not set: only the file is looked at')
  const rows = looks.map((look) => rowOf(look, found?.book, found?.switches ?? []))
  io.result({ plugins: rows })
  const heading = ['plugin', 'config', 'version', 'trust', 'pinned', 'processes', 'use']
  const lines = rows.map((row) => [
    ...[row.plugin, row.enabled ? 'enabled' : 'disabled', row.version ?? '–', row.trust],
    ...[row.integrity === null ? '–' : 'pinned', row.told, row.use],
  ])
  if (rows.length > 0) { for (const line of tableOf([heading, ...lines])) io.say(line) }
  else io.say('robnu.config.json names no plugin: "robnu plugins add <use>"')
  for (const { plugin, causes } of rows) for (const cause of causes) io.say(`${plugin}: ${cause}`)
  return 0
}

const rowOf = (
  { entry, plugin, faults }: Look,
  book: PluginBook | undefined,
  switches: readonly Switched[],
) => {
  const id = plugin?.id ?? book?.wanted.find(({ use }) => use === entry.use)?.id ?? entry.use
  const wanted = book?.wanted.find((one) => one.id === id) ?? null
  const processes = book?.states.filter((one) => one.plugin === id || one.plugin === entry.use) ??
    []
  const states = new Map<string, number>()
  for (const { state } of processes) states.set(state, (states.get(state) ?? 0) + 1)
  const switchedOff = plugin && isMarketplace(plugin)
    ? switches.find(({ key }) => key === `marketplace:${plugin.code}`)
    : undefined
  const told = [...states].map(([state, count]) => count > 1 ? `${state} ×${count}` : state)
  return {
    plugin: id,
    use: entry.use,
    enabled: entry.enabled !== false,
    version: plugin?.version ?? null,
    trust: entry.trust ?? 'in-process',
    integrity: entry.integrity ?? null,
    wanted,
    processes,
    switched_off: switchedOff?.reason ?? null,
    told: [...told, ...switchedOff ? ['switched off'] : []].join(', ') || '–',
    causes: [
      ...new Set([
        ...faults.map(({ path, message }) => `${path ? `${path}: ` : ''}${message}`),
        ...processes.flatMap(({ cause }) => cause ?? []),
        ...wanted && !wanted.enabled ? [`disabled by ${wanted.changed_by}: ${wanted.reason}`] : [],
        ...switchedOff ? [`${switchedOff.key} is switched off: ${switchedOff.reason}`] : [],
      ]),
    ],
  }
}

/** Integrity, every rule of the contract, secrets in clear, and what is not migrated. */
export const verify = async (asked: CommandIo, name: string | undefined): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { io } = opened
  const named = name === undefined ? undefined : (await findLook(opened, name)).entry
  const faults: { plugin: string; path: string; message: string }[] = []
  const looks = await lookAt(
    named ? [named] : opened.entries.filter(({ enabled }) => enabled === false),
    opened.configDir,
  )
  for (const look of looks) faults.push(...look.faults)
  let pending: readonly string[] | null = null
  try {
    pending = await withHostOf(opened, opened.text, async (host) => {
      const owner = io.env['DATABASE_OWNER_URL']
      return owner ? await pendingOf(owner, host) : null
    })
  } catch (error) {
    const told = (error as { readonly faults?: typeof faults }).faults
    if (!told) throw error
    const id = looks[0]?.plugin?.id
    faults.push(
      ...told.filter(({ plugin }) => named === undefined || plugin === named.use || plugin === id),
    )
  }
  const seen = new Set<string>()
  const once = faults.filter((one) => {
    const key = JSON.stringify(one)
    return !seen.has(key) && seen.add(key)
  })
  const clear = secretsInClear(opened.text)
  io.result({ ok: once.length === 0, faults: once, pending, secrets_in_clear: clear })
  for (const { plugin, path, message } of once) {
    io.warn(`${plugin}${path ? ` ${path}` : ''}: ${message}`)
  }
  for (const path of clear) {
    io.warn(`Warning: ${path} looks like a secret in clear: write { "$env": "NAME" } in its place`)
  }
  for (const file of pending ?? []) io.say(`Pending ${file}: run "robnu migrate"`)
  if (pending === null) io.say('DATABASE_OWNER_URL is not set: migrations were not looked at')
  io.say(once.length === 0 ? `OK: ${named?.use ?? 'all plugins'}` : `${once.length} fault(s)`)
  return once.length === 0 ? 0 : 1
}

/** Writes the entry, pinned where it has to be; disabled, until somebody enables it. */
export const add = async (
  asked: CommandIo,
  use: string,
  options: { readonly isolated: boolean; readonly config: string | undefined },
): Promise<ExitCode> => {
  const opened = await openConfig(asked)
  const { io, path, configDir } = opened
  if (opened.entries.some((entry) => entry.use === use)) {
    throw new Error(`robnu.config.json names "${use}" already: "robnu plugins enable" takes it`)
  }
  const integrity = await pinFor({ use, isPinned: false }, configDir)
  const entry = {
    use,
    ...options.config === undefined ? {} : { config: await readJson(options.config) },
    enabled: false,
    ...options.isolated ? { trust: 'isolated' as const } : {},
    ...integrity === undefined ? {} : { integrity },
  }
  const [look] = await lookAt([{ ...entry, config: undefined }], configDir)
  if (!look?.plugin) {
    const why = look?.faults.map(({ message }) => message).join('; ')
    throw new Error(`Cannot add "${use}": it ${why}`)
  }
  const text = withNewEntry(opened.text, entry)
  const changes = differenceOf(opened.text, text)
  const { id, version } = look.plugin
  io.result({ plugin: id, version, entry, changes, added: !io.dryRun })
  for (const line of changes) io.say(line)
  if (io.dryRun) return 0
  await replaceText(path, opened.text, text)
  io.say(`Added ${id} ${version}, disabled: "robnu plugins enable ${id}" enables it`)
  return 0
}

const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new Error(`Cannot read --config ${file}: ${error instanceof Error ? error.message : ''}`)
  }
}

export const schema = (io: CommandIo): ExitCode => {
  const made = configFileSchema()
  io.result(made)
  io.say(JSON.stringify(made, null, 2))
  return 0
}
