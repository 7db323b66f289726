/** Which mutants are made: drawn by a seed over all files, the same ones for the same seed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, randomFor } from '#core/testing/sandbox/random.ts'
import { type Change, changesAt } from './operators.ts'
import { parse, visit } from './tree.ts'

export interface Mutant extends Change {
  /** Of the plugin's folder. */
  readonly folder: string
  /** Within the folder. */
  readonly file: string
  readonly line: number
  readonly before: string
}

/** What does not run in production. */
const leftOut = /^(?:sandbox|sample|tests|world|kms|forgetful|notes|tally|unruly|cassettes)\b/

/** The sources of a plugin that run in production. */
export const sourcesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !leftOut.test(file)).sort()

/** Every mutant that a file has, each one change in one place; few of them are no TypeScript any more. */
export const mutantsOf = (folder: string, file: string): readonly Mutant[] => {
  const text = readFileSync(join(folder, file), 'utf8')
  const found: Mutant[] = []
  visit(parse(file, text), (node, around) => {
    for (const change of changesAt(node, { text, around })) {
      const before = text.slice(change.start, change.end)
      if (before === change.after) continue
      const line = text.slice(0, change.start).split('\n').length
      found.push({ ...change, folder, file, line, before })
    }
  })
  return found
}

export const mutated = (text: string, { start, end, after }: Change): string =>
  text.slice(0, start) + after + text.slice(end)

const isCode = (mutant: Mutant): boolean => {
  try {
    parse(mutant.file, mutated(readFileSync(join(mutant.folder, mutant.file), 'utf8'), mutant))
    return true
  } catch {
    return false
  }
}

/** Files by turns in proportion to what can be changed in them; operators of a file by turns. */
export const draw = (
  folders: readonly string[],
  count: number,
  seed: number,
): readonly Mutant[] => {
  const random = randomFor(seed, 'mutants')
  const files = folders.flatMap((folder) =>
    sourcesOf(folder).map((file) => [...mutantsOf(folder, file)])
  ).filter((all) => all.length > 0)
  const total = files.reduce((sum, all) => sum + all.length, 0)
  const drawn: Mutant[] = []
  const places = new Set<string>()
  for (let turn = 0; drawn.length < Math.min(count, total) && turn < count * 20; turn++) {
    const one = pick(files[fileAt(files, random.next() * total)] ?? [], random)
    const place = one && `${one.folder}/${one.file} ${one.start}`
    if (!one || !place || places.has(place) || !isCode(one)) continue
    places.add(place)
    drawn.push(one)
  }
  return drawn.toSorted((a, b) =>
    a.folder === b.folder && a.file === b.file
      ? a.start - b.start
      : `${a.folder}/${a.file}` < `${b.folder}/${b.file}`
      ? -1
      : 1
  )
}

const fileAt = (files: readonly (readonly Mutant[])[], at: number): number => {
  let passed = 0
  return files.findIndex((all) => (passed += all.length) > at)
}

/** Each operator is as likely as another, however often it finds something. */
const pick = (all: readonly Mutant[], random: Random): Mutant | undefined => {
  if (all.length === 0) return undefined
  const operator = random.pick([...new Set(all.map((one) => one.operator))])
  return random.pick(all.filter((one) => one.operator === operator))
}
