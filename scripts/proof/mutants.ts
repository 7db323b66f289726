/**
 * The built-in marketplaces with one thing wrong in each of them, drawn by a seed: the conformance kit
 * has to see it, without the plugins' own tests. `ROBNU_SEED`, `ROBNU_MUTANTS`, `ROBNU_MUTANTS_OF`.
 */
import process from 'node:process'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Proof } from '../proof.ts'
import { type Judged, makeBed } from './mutants/bed.ts'
import { draw, type Mutant } from './mutants/draw.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { ROBNU_SEED = '2026', ROBNU_MUTANTS = '160', ROBNU_MUTANTS_OF = 'ajio,amazon' } = process.env
const leastKilled = 0.95
const atOnce = 2
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Throws when the kit sees fewer than 95 of 100. */
export const run = async (): Promise<Proof> => {
  const seed = Number(ROBNU_SEED)
  const folders = ROBNU_MUTANTS_OF.split(',').map((id) => `${root}marketplaces/${id}`)
  const mutants = draw(folders, Number(ROBNU_MUTANTS), seed)
  say(`  seed ${seed}, ${mutants.length} mutants`)
  const beds = Array.from({ length: atOnce }, () => makeBed(folders))
  const ends = new Map<Mutant, Judged>()
  try {
    for (const folder of folders) {
      const asIs = await beds[0]?.judge(folder)
      if (asIs?.outcome !== 'whole') {
        throw new Error(`Cannot prove anything: ${folder} as it is: ${JSON.stringify(asIs)}`)
      }
      say(`  as it is: ${relative(root, folder)} passes ${asIs.checks} checks in ${asIs.ms} ms`)
    }
    const waiting = [...mutants]
    await Promise.all(beds.map(async (bed) => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        const end = await bed.judge(one.folder, one)
        ends.set(one, end)
        say(`  ${ends.size}/${mutants.length} ${nameOf(one)}: ${wordsOf(end)}`)
      }
    }))
  } finally {
    for (const bed of beds) bed.remove()
  }
  const count = (outcome: Judged['outcome']) =>
    [...ends.values()].filter((end) => end.outcome === outcome).length
  const survivors = mutants.filter((one) => ends.get(one)?.outcome === 'whole')
  for (const one of survivors) say(`  survived: ${nameOf(one)}`)
  const killed = 1 - survivors.length / mutants.length
  const figures = {
    ...{ seed, mutants: mutants.length, seen: mutants.length - survivors.length },
    share: `${(killed * 100).toFixed(1)} %`,
    ...{ byChecks: count('failed'), atLoad: count('load'), hung: count('hung') },
    ...{ ended: count('ended'), survived: survivors.length },
  }
  if (killed < leastKilled) {
    throw new Error(`The kit sees too few of the mutants: ${JSON.stringify(figures)}`)
  }
  return { name: 'mutants', figures }
}

const nameOf = ({ folder, file, line, operator, before, after }: Mutant): string =>
  `${relative(root, folder)}/${file}:${line} ${operator}: ${brief(before)} → ${brief(after)}`

const brief = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line === '' ? '(nothing)' : line.length > 60 ? `${line.slice(0, 59)}…` : line
}

const wordsOf = (end: Judged): string => {
  if (end.outcome === 'whole') return `NOT SEEN by ${end.checks} checks in ${end.ms} ms`
  if (end.outcome === 'failed') return `${end.check} (${end.ms} ms)`
  return `${end.outcome} (${end.ms} ms)`
}
