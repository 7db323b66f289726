/** How sellers leave, put together for a command. */
import { resolve } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { certificateFile } from '#core/ledger/offboarding/certificate.ts'
import { requestByPlatform, withdrawByPlatform } from '#core/ledger/offboarding/requests.ts'
import { type Offboarding, readOffboarding } from '#core/ledger/offboarding/rows.ts'
import { requestTenantExport } from '#core/ledger/tenant-export/request.ts'
import { readSeller } from '#core/tenancy/staff-sellers.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { openNew } from './new-file.ts'
import { withPlatform } from './platform.ts'
import { timeOf } from './table.ts'
import { isId, onlyWord } from './verbs.ts'
import { wrongCall } from './wrong-call.ts'

interface Ask {
  readonly sellerId: string
  readonly reason: string
  readonly by: string
}

const unknown = 'There is no seller of this id'
const dayMs = 86_400_000
/** The OWNERs are told 48 hours before. */
const leastDays = 2

export const offboard = (
  asked: CommandIo,
  { days, isExported, ...ask }: Ask & {
    /** Absent: as ROBNU_OFFBOARD_DAYS says. */
    readonly days: number | undefined
    readonly isExported: boolean
  },
): Promise<ExitCode> =>
  withPlatform(asked, async ({ db, config, io }): Promise<ExitCode> => {
    const grace = days ?? config.ROBNU_OFFBOARD_DAYS
    if (grace < leastDays) {
      throw wrongCall(`--days takes ${leastDays} or more: the OWNERs are told 48 hours before`)
    }
    const shredsAt = new Date(io.now().getTime() + grace * dayMs)
    const seller = await db.withPlatformScope('cli', (tx) => readSeller(tx, ask.sellerId))
    if (seller === null) throw new Error(unknown)
    if (io.dryRun) {
      io.result({ would: { id: ask.sellerId, shredsAt, export: isExported } })
      io.say(`Would let ${seller.name} go: its keys are destroyed ${timeOf(shredsAt)}`)
      return 0
    }
    const exports = isExported ? { exports: { request: requestTenantExport } } : {}
    const stands = await db.withPlatformScope(`cli:${ask.by}`, (tx) =>
      requestByPlatform(tx, { ...ask, ...exports, shredsAt }))
    if (stands === null) {
      throw new Error(unknown)
    }
    io.result(shown(stands))
    io.say(`${seller.name} leaves: its keys are destroyed ${timeOf(stands.shredsAt)}`)
    io.say(`Until then: robnu seller recall ${ask.sellerId}`)
    return 0
  })

export const recall = (asked: CommandIo, ask: Ask): Promise<ExitCode> =>
  withPlatform(asked, async ({ db, io }): Promise<ExitCode> => {
    const open = await db.withPlatformScope('cli', (tx) => readOffboarding(tx, ask.sellerId))
    if (io.dryRun) {
      const changes = open?.state === 'REQUESTED'
      io.result({ would: { id: ask.sellerId }, changes })
      io.say(changes ? 'Would call it back' : 'There is nothing to call back')
      return 0
    }
    const stands = await db.withPlatformScope(`cli:${ask.by}`, (tx) => withdrawByPlatform(tx, ask))
    if (stands === null) {
      throw new Error('There is nothing to call back: nobody asked, or it is too late')
    }
    io.result(shown(stands))
    io.say('Called back: nothing was erased')
    return 0
  })

/** Of a seller, from the database; or a file, checked without one. */
export const certificate = async (
  io: CommandIo,
  words: readonly string[],
  { out, keys }: { readonly out?: string | undefined; readonly keys?: string | undefined },
): Promise<ExitCode> => {
  const what = onlyWord(words, 'the id of a seller, or the file of a certificate')
  return isId(what) ? await writeOne(io, what, out) : await verifyOne(io, what, keys)
}

const writeOne = (asked: CommandIo, sellerId: string, out: string | undefined): Promise<ExitCode> =>
  withPlatform(asked, async ({ db, io }): Promise<ExitCode> => {
    const stands = await db.withPlatformScope('cli', (tx) => readOffboarding(tx, sellerId))
    if (!stands?.certificate || !stands.signature) {
      io.result({ seller: sellerId, ...stands === null ? { state: null } : shown(stands) })
      io.warn(
        stands === null
          ? 'This seller never asked to leave'
          : `Not yet: ${stands.state}, ${stands.step}`,
      )
      return 1
    }
    const file = certificateFile(stands.certificate, stands.signature)
    if (out !== undefined) {
      await pipeline([file], await openNew(resolve(io.cwd, out)))
      io.say(`Wrote ${out}`)
    } else io.say(file.trimEnd())
    io.result({ ...shown(stands), certificate: JSON.parse(stands.certificate), file: out ?? null })
    return 0
  })

interface Offline {
  readonly verifyFile: (
    path: string,
    options: { readonly keys?: string },
    given: object,
  ) => Promise<{ readonly ok: boolean }>
  readonly textOf: (report: object) => string
}

/** By the file that sellers run, so that there is one verdict. */
const verifyOne = async (
  io: CommandIo,
  file: string,
  keys: string | undefined,
): Promise<ExitCode> => {
  const { promises: fs } = await import('node:fs')
  const script: Offline = await import(new URL('../verify-certificate.mjs', import.meta.url).href)
  const at = (path: string) => path === '-' ? path : resolve(io.cwd, path)
  try {
    const given = { fs, stdin: process.stdin, now: io.now() }
    const report = await script.verifyFile(
      at(file),
      keys === undefined ? {} : { keys: at(keys) },
      given,
    )
    io.result(report)
    io.say(script.textOf(report))
    return report.ok ? 0 : 1
  } catch (error) {
    // never 1, which is a verdict
    io.warn(`Cannot verify: ${error instanceof Error ? error.message : error}`)
    return 2
  }
}

const shown = ({ id, sellerId, state, step, shredsAt, destroyedAt, shreddedAt }: Offboarding) => ({
  ...{ id, seller: sellerId, state, step, shreds_at: shredsAt },
  ...{ destroyed_at: destroyedAt, shredded_at: shreddedAt },
})
