/** `npm run bench`: measures the house against limits of the same run, and prints one table. */
import process from 'node:process'
import { openDatabase } from '#core/db/scope.ts'
import { fill } from './fill.ts'
import { type Finding, say, tableOf } from './findings.ts'
import { type Lab, openLab } from './lab.ts'
import { newSecret, openKeyring } from './local-keys.ts'
import { benchReads } from './reads.ts'
import { type Sizes, sizes } from './sizes.ts'

const parts = ['reads', 'ingest', 'seal'] as const
type Part = typeof parts[number]

const usage = 'Usage: run.ts [--only reads|ingest|seal] [--quick]'

const readArguments = (
  args: readonly string[],
): { readonly only: readonly Part[]; readonly quick: boolean } => {
  let only: readonly Part[] = parts
  let quick = false
  for (let at = 0; at < args.length; at++) {
    if (args[at] === '--quick') quick = true
    else if (args[at] === '--only' && parts.some((part) => part === args[at + 1])) {
      only = parts.filter((part) => part === args[++at])
    } else throw new Error(usage)
  }
  return { only, quick }
}
