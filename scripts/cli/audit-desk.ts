/** Trails, put together for a command. */
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { exportTrail } from '#core/audit/trail.ts'
import { type TrailReport, verifyTrailOf, verifyTrails } from '#core/audit/verify-trails.ts'
import { createVerifier } from '#core/crypto/signing.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { openNew } from './new-file.ts'
import { withPlatform } from './platform.ts'

const unknown = 'There is no seller of this id'

export const verifyStored = (
  asked: CommandIo,
  sellerId: string | undefined,
): Promise<ExitCode> =>
  withPlatform(asked, async ({ db, config, io }) => {
    const verifier = createVerifier(config.ROBNU_AUDIT_KEYS)
    const one = sellerId && await verifyTrailOf(db, sellerId, verifier)
    if (one === null) throw new Error(unknown)
    const reports = one ? [one] : verifyTrails(db, verifier)
    let [trails, events] = [0, 0]
    const broken: TrailReport[] = []
    for await (const report of reports) {
      if (io.signal.aborted) throw new Error('Stopped')
      trails++
      events += report.events
      if (!report.ok) broken.push(report)
      tell(io, report)
    }
    io.result({ ok: broken.length === 0, trails, events, broken })
    io.say(broken.length === 0 ? `OK: ${trails} trails, ${events} events` : 'NOT AS RECORDED')
    return broken.length === 0 ? 0 : 1
  })

const tell = (io: CommandIo, { of, id, ok, events, digests, fault }: TrailReport): void => {
  if (ok) return io.say(`OK      ${of} ${id}: ${events} events, ${digests} digests`)
  const range = fault?.since === undefined ? '' : ` (or one from ${fault.since} on)`
  io.warn(`BROKEN  ${of} ${id}: event ${fault?.seq}${range}: ${fault?.reason}`)
}

interface Offline {
  readonly verifyFiles: (
    files: readonly string[],
    options: { readonly keys?: string; readonly digests?: readonly string[] },
    given: object,
  ) => Promise<{ readonly ok: boolean }>
  readonly textOf: (report: object) => string
}

/** By the file that sellers run, so that there is one verdict. */
export const verifyFile = async (
  io: CommandIo,
  file: string,
  { keys, digests = [] }: {
    readonly keys?: string | undefined
    readonly digests?: readonly string[] | undefined
  },
): Promise<ExitCode> => {
  const { createReadStream, promises: fs } = await import('node:fs')
  const script: Offline = await import(new URL('../verify-audit.mjs', import.meta.url).href)
  const at = (path: string) => path === '-' ? path : resolve(io.cwd, path)
  try {
    const report = await script.verifyFiles(
      [at(file)],
      { ...keys === undefined ? {} : { keys: at(keys) }, digests: digests.map(at) },
      { fs, createReadStream, stdin: process.stdin },
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

export const exportOne = (
  asked: CommandIo,
  { sellerId, by, out }: {
    readonly sellerId: string
    readonly by: string
    readonly out: string | undefined
  },
): Promise<ExitCode> =>
  withPlatform(asked, async ({ db, config, io }): Promise<ExitCode> => {
    if (io.dryRun) {
      const report = await verifyTrailOf(db, sellerId, createVerifier(config.ROBNU_AUDIT_KEYS))
      if (report === null) throw new Error(unknown)
      io.result({ would: { seller: sellerId, events: report.events + 1 } })
      io.say(`Would export ${report.events + 1} events, the export among them`)
      return 0
    }
    // before anything is recorded: a file that is there is never written over
    const file = out === undefined ? undefined : await openNew(resolve(io.cwd, out))
    const lines = await exportTrail(db, sellerId, { by, now: io.now() })
    if (lines === null) {
      file?.destroy()
      if (file !== undefined) await rm(file.path)
      throw new Error(unknown)
    }
    let count = 0
    const counted = async function* () {
      for await (const text of lines) {
        if (io.signal.aborted) throw new Error('Stopped')
        count += text.split('\n').length - 1
        yield text
      }
    }
    if (file === undefined) { for await (const text of counted()) io.say(text.trimEnd()) }
    else await pipeline(counted(), file)
    io.result({ seller: sellerId, lines: count, file: out ?? null })
    if (file !== undefined) io.say(`Wrote ${count} lines to ${out}`)
    return 0
  })
