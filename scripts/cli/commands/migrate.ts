/** `robnu migrate`: brings the database to what the code and the enabled plugins need. */
import { parseArgs } from 'node:util'
import type { Command, CommandIo, ExitCode } from '../command.ts'
import { withLocalParts } from '../local-parts.ts'
import { verbOf } from '../verbs.ts'
import { refuseDryRun } from '../wrong-call.ts'

const verbs = ['up', 'status', 'verify'] as const

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Brings the database to what the code and the enabled plugins need',
  usage: `Usage: robnu migrate [up | status | verify]

  up       applies what is missing (so does "robnu migrate" alone); may be run by several at once
  status   what is applied, what is missing, and what is newer than this code
  verify   that no file was edited after it had been applied, and that every table, grant, function and
           role of the database is as the rules of the house want it; ends with 1 where one is not

Takes DATABASE_OWNER_URL and the ROBNU_SECRET of the processes. "up --dry-run" lists the files.`,
  changes: true,
  run: async (args, io) => {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true })
    const verb = verbOf(verbs, positionals, 'up')
    if (verb !== 'up') refuseDryRun(io, `migrate ${verb}`)
    return await run[verb](withLocalParts(io))
  },
}

const readStatus = async (io: CommandIo) => {
  const { withMigrationPlan } = await import('../../migrate.ts')
  const { readStanding } = await import('#core/db/migrate.ts')
  const { withOperations } = await import('#core/db/operations.ts')
  return await withMigrationPlan(
    io.env,
    ({ ownerUrl, lines }) => withOperations(ownerUrl, (sql) => readStanding(sql, lines)),
  )
}

const up = async (io: CommandIo): Promise<ExitCode> => {
  if (io.dryRun) {
    const { pending, edited, breaking } = await readStatus(io)
    for (const file of pending) io.say(`Would apply ${file}`)
    if (pending.length === 0) io.say('Nothing to apply')
    io.result({ applied: [], pending })
    const refused = [...edited, ...breaking]
    for (const file of refused) io.warn(`Would refuse ${file}: see "robnu migrate status"`)
    return refused.length === 0 ? 0 : 1
  }
  const { migrateAll } = await import('../../migrate.ts')
  const { applied } = await migrateAll(
    io.env,
    (_event, { line, file }) => io.say(`Applied ${line}/${file}`),
  )
  io.say(applied.length === 0 ? 'Nothing to apply' : `Applied ${applied.length}`)
  io.result({ applied })
  return 0
}

const status = async (io: CommandIo): Promise<ExitCode> => {
  const standing = await readStatus(io)
  const { applied, pending, edited, newer, breaking } = standing
  io.result(standing)
  io.say(applied === null ? 'Nobody has migrated this database yet' : `Applied ${applied}`)
  for (const file of pending) io.say(`Pending ${file}`)
  for (const file of newer) io.say(`Newer   ${file}${breaking.includes(file) ? ' (breaking)' : ''}`)
  for (const file of edited) {
    io.warn(`Edited  ${file}: restore it and put the change into a new file`)
  }
  return edited.length + breaking.length === 0 ? 0 : 1
}

const verify = async (io: CommandIo): Promise<ExitCode> => {
  const { withMigrationPlan } = await import('../../migrate.ts')
  const { verifyDatabase } = await import('../verify-database.ts')
  const report = await withMigrationPlan(io.env, verifyDatabase)
  io.result(report)
  for (const { path, message } of report.faults) io.warn(`${path}: ${message}`)
  for (const note of report.notes) io.say(`Note: ${note}`)
  io.say(
    report.ok
      ? `OK: ${report.files} files, ${report.relations} relations, ${report.functions} functions`
      : `${report.faults.length} fault(s)`,
  )
  return report.ok ? 0 : 1
}

const run = { up, status, verify }
