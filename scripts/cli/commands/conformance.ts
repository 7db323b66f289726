/** `robnu conformance`: runs the kit over one plugin, and tells whether it conforms. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Marketplace } from '#core/plugin.ts'
import { type Tier, tiers } from '#core/testing/conformance/check.ts'
import { expectedText } from '#core/testing/conformance/expected.ts'
import { toldText } from '#core/testing/conformance/told/told.ts'
import { badgeOf, type Report, tableOf } from '#core/testing/conformance/report.ts'
import { type BenchParts, runChecks } from '#core/testing/conformance/run.ts'
import { openDatabaseBench } from '../../conformance/database.ts'
import { findPlugin, readLive } from '../../conformance/subject.ts'
import type { Command, CommandIo } from '../command.ts'
import { refuseDryRun, wrongCall } from '../wrong-call.ts'

export const conformanceCommand: Command = {
  name: 'conformance',
  summary: 'Checks a plugin against the contract, and reports',
  usage: `Usage: robnu conformance <folder|package> [--tier <tier>]… [--only <check>]… [--write]
         [--report <file.json>] [--badge <file.svg>] [--live <file.json>] [--record <folder>]
         [--patience <times>]

  --tier <tier>         ${tiers.join(', ')}; all but live when absent; may be given several times
  --only <check>        one check by its id; may be given several times
  --write               writes the file of expected rows as they come now: look at each of them
  --report <file.json>  the report for machines
  --badge <file.svg>    a badge for a README
  --live <file.json>    also the real marketplace: a file with externalAccountId, details, credentials
  --patience <times>    everything may take so many times longer: for a machine that is busy
  --record <folder>     keeps what the real marketplace answered, scrubbed

Exits with 0 when the plugin conforms, 1 when it does not or when tiers that it needs were not run.`,
  changes: false,
  run: async (args, io) => {
    refuseDryRun(io, 'conformance')
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        tier: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true },
        write: { type: 'boolean' },
        report: { type: 'string' },
        badge: { type: 'string' },
        live: { type: 'string' },
        record: { type: 'string' },
        patience: { type: 'string' },
      },
    })
    const [what, ...more] = positionals
    if (what === undefined || more.length > 0) throw wrongCall('Name one folder or package')
    const patience = patienceOf(values.patience)
    const asked = tiersOf(values.tier, values.live !== undefined)
    const found = await findPlugin(what, io.cwd)
    const { plugin, url, sample, integrity } = found
    if (values.write) return await writeExpected(found, io)

    const live = values.live === undefined
      ? undefined
      : await readLive(resolve(io.cwd, values.live), values.record, io.cwd)
    const database = asked.includes('database')
      ? await openDatabaseBench({ plugin, ...(sample ? { sample } : {}) })
      : undefined
    try {
      const parts: BenchParts = {
        ...{ plugin, url },
        ...(sample ? { sample } : {}),
        ...(database ? { database } : {}),
        ...(live ? { live } : {}),
      }
      const report = await runChecks(parts, {
        ...{ tiers: asked, signal: io.signal, integrity, patience },
        ...(values.only ? { only: values.only } : {}),
        ended: ({ outcome, id, ms }) => {
          if (outcome === 'failed') io.warn(`failed: ${id} (${ms} ms)`)
        },
      })
      await keep(report, values, io)
      for (const line of tableOf(report)) io.say(line)
      io.say(`in ${(report.ms / 1000).toFixed(1)} s`)
      io.result(report)
      const isWhole = values.only !== undefined && report.totals.failed === 0
      return report.conforms || isWhole ? 0 : 1
    } finally {
      await database?.close()
    }
  },
}

const patienceOf = (text = '1'): number => {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw wrongCall('--patience is a whole number from 1')
}

const isTier = (text: string): text is Tier => tiers.some((tier) => tier === text)

const tiersOf = (asked: readonly string[] | undefined, withLive: boolean): readonly Tier[] => {
  const named = asked ?? tiers.filter((tier) => tier !== 'live')
  const wrong = named.find((tier) => !isTier(tier))
  if (wrong !== undefined) throw wrongCall(`There is no tier "${wrong}": ${tiers.join(', ')}`)
  const known = named.filter(isTier)
  return withLive && !known.includes('live') ? [...known, 'live'] : known
}

const keep = async (
  report: Report,
  { report: file, badge }: {
    readonly report?: string | undefined
    readonly badge?: string | undefined
  },
  { cwd }: CommandIo,
): Promise<void> => {
  const write = async (path: string, text: string): Promise<void> => {
    const place = resolve(cwd, path)
    await mkdir(dirname(place), { recursive: true })
    await writeFile(place, text)
  }
  if (file !== undefined) await write(file, `${JSON.stringify(report, null, 2)}\n`)
  if (badge !== undefined) await write(badge, badgeOf(report))
}

const writeExpected = async (
  { plugin, sample }: Awaited<ReturnType<typeof findPlugin>>,
  io: CommandIo,
): Promise<0 | 1> => {
  if (!sample || !('adapter' in plugin)) {
    io.warn('There is nothing to write: the plugin brings no sample.ts')
    return 1
  }
  const bench = { plugin: plugin as Marketplace, sample, signal: io.signal }
  const text = await expectedText(bench)
  await writeFile(sample.expected, text)
  io.say(`Wrote ${text.length} characters to ${sample.expected.pathname}: look at every row`)
  if (sample.told) {
    await writeFile(sample.told, await toldText(bench))
    io.say(`Wrote ${sample.told.pathname}: look at each change`)
  }
  io.result({ written: sample.expected.pathname })
  return 0
}
