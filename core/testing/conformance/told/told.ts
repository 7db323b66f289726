/** The parts of what is told, by their names, and the text of the file. */
import { readFile } from 'node:fs/promises'
import type { Marketplace } from '../../../plugin.ts'
import type { Bench } from '../bench.ts'
import { plain } from '../judge.ts'
import { sampleOf } from '../world.ts'
import { allBatches } from './batches.ts'
import { allCases } from './cases.ts'
import { declarationOf } from './declaration.ts'
import { allFailures } from './failures.ts'
import { allStock } from './stock.ts'
import { brief } from './plainly.ts'
import { allWalks } from './walks.ts'

type Tell = (bench: Bench<Marketplace>) => Promise<unknown>

const toldParts = {
  declaration: declarationOf,
  walks: allWalks,
  cases: allCases,
  failures: allFailures,
  stock: allStock,
  batches: allBatches,
} as const satisfies Readonly<Record<string, Tell>>
export type ToldPart = keyof typeof toldParts

export const readTold = async (
  bench: Bench<Marketplace>,
): Promise<Readonly<Record<string, unknown>>> => {
  const { told } = sampleOf(bench)
  return told ? JSON.parse(await readFile(told, 'utf8')) : {}
}

/** One part as it is now. */
export const tell = async (bench: Bench<Marketplace>, part: ToldPart): Promise<unknown> =>
  brief(plain(await toldParts[part](bench)))

/** The text of the file, as everything is now: a thing a line. */
export const toldText = async (bench: Bench<Marketplace>): Promise<string> => {
  const parts: string[] = []
  for (const part of Object.keys(toldParts) as ToldPart[]) {
    parts.push(`  ${JSON.stringify(part)}: ${lineByLine(await tell(bench, part), 2)}`)
  }
  return `{\n${parts.join(',\n')}\n}\n`
}

/** Objects and lists with a line for each of their members, down to this depth. */
const lineByLine = (value: unknown, depth: number, indent = '  '): string => {
  if (typeof value !== 'object' || value === null || depth === 0) return JSON.stringify(value)
  const inner = `${indent}  `
  const lines = Object.entries(value).map(([name, one]) =>
    `${inner}${JSON.stringify(name)}: ${lineByLine(one, depth - 1, inner)}`
  )
  return Array.isArray(value) ? JSON.stringify(value) : `{\n${lines.join(',\n')}\n${indent}}`
}
