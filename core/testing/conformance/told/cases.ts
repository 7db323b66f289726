/** What the adapter makes of rows that differ from good ones as the sample says. */
import type { Marketplace } from '../../../plugin.ts'
import { spoiling } from '../behaviour/bodies.ts'
import type { Bench } from '../bench.ts'
import { differenceOf, plain } from '../judge.ts'
import { type Json, pathOf, setAt } from '../spoil.ts'
import { type AnyPage, type RowTarget, rowTargets, syncOf } from '../walk.ts'
import { sampleOf } from '../world.ts'
import { briefly } from './plainly.ts'

type Plain = Readonly<Record<string, unknown>>

/** Members of the row that are others than in the good one; refusals by their words. */
const changesOf = (good: AnyPage, page: AnyPage): unknown => {
  const before = plain(good.rows[0] ?? {}) as Plain
  const changed = page.rows.map((row) => {
    const now = plain(row) as Plain
    const names = [...new Set([...Object.keys(now), ...Object.keys(before)])]
    const others = names.filter((name) => differenceOf(before[name], now[name]) !== undefined)
    return Object.fromEntries(others.map((name) => [name, name in now ? now[name] : 'not there']))
  })
  const rejected = page.rejected.map(({ key, reason }) => [reason, key].join(' ').trim())
  return changed.length > 0 ? changed[0] : rejected[0]
}

const casesOf = async (bench: Bench<Marketplace>, target: RowTarget): Promise<unknown> => {
  const told: Record<string, unknown> = {}
  await spoiling(bench, target, async ({ raw, read }) => {
    // a page of that row alone: a case costs no more than its row
    const alone = (of: number, change: (row: Json) => void) =>
      read((rows) => {
        const row: unknown = structuredClone(raw[of])
        change(row)
        rows.splice(0, rows.length, row)
      })
    const good = new Map<number, AnyPage>()
    for (const { of = 0, set, without = [] } of sampleOf(bench).cases?.[target] ?? []) {
      const known = good.get(of) ?? await alone(of, () => {})
      good.set(of, known)
      const page = await alone(of, (row) => {
        for (const [path, value] of Object.entries(set)) setAt(row, pathOf(path), value)
        for (const path of without) setAt(row, pathOf(path), undefined)
      })
      const name = [of > 0 ? `${of}:` : '', JSON.stringify(set), ...without].join(' ').trim()
      told[briefly(name)] = changesOf(known, page)
    }
  })
  return told
}

export const allCases = async (bench: Bench<Marketplace>): Promise<unknown> => {
  const told: Record<string, unknown> = {}
  for (const target of rowTargets) {
    if (syncOf(bench.plugin, target) && sampleOf(bench).cases?.[target]) {
      told[target] = await casesOf(bench, target)
    }
  }
  return told
}
