/**
 * `npm run pack`: the package `robnu` as it is published, in `.robnu/pack/robnu-<version>.tgz`.
 * `--into <folder>` puts it there, `--api` writes the report of its public surface instead.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { apiReport, reportFile } from './pack/api-report.ts'
import { buildPackage, inPackingFolder, packFolder, packTarball } from './pack/pack.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

try {
  const { values } = parseArgs({ options: { into: { type: 'string' }, api: { type: 'boolean' } } })
  const begun = performance.now()
  if (values.api) writeFileSync(reportFile, apiReport())
  const into = resolve(values.into ?? packFolder)
  const made = values.api
    ? reportFile
    : inPackingFolder((folder) => packTarball(buildPackage(folder), into))
  say(`Wrote ${made} in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
