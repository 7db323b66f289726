/** Results for people: a line for each check, and what to do below what is not well. */
import { areas, type Outcome, outcomes } from './check.ts'
import type { Walk } from './account/links.ts'
import type { Result } from './run.ts'

const marks: Readonly<Record<Outcome['state'], string>> = {
  'ok': '✓',
  'warning': '!',
  'fault': '✗',
  'left-out': '–',
}

export const linesOf = function* (results: readonly Result[]): Generator<string> {
  for (const area of areas) {
    const of = results.filter((one) => one.area === area)
    if (of.length === 0) continue
    yield area
    for (const { codes, why } of leftTogether(of)) {
      yield `  – ${codes.length === 1 ? codes[0] : `${codes.length} checks`} left out: ${why}`
    }
    for (const { code, title, meaning, fix, state, told } of of) {
      if (state === 'left-out') continue
      yield `  ${marks[state]} ${title}${told ? `: ${told}` : ''}${
        state === 'ok' ? '' : `  [${code}]`
      }`
      if (state === 'ok') continue
      yield `      ${meaning}`
      yield `      → ${fix}`
    }
    yield ''
  }
  const { ok, warning, fault, 'left-out': left } = countsOf(results)
  yield `${ok} well, ${warning} warnings, ${fault} faults, ${left} left out`
}

/** What was left out for one reason is told once. */
const leftTogether = (results: readonly Result[]) => {
  const reasons = Map.groupBy(
    results.filter(({ state }) => state === 'left-out'),
    ({ told }) => told ?? 'no reason told',
  )
  return [...reasons].map(([why, of]) => ({ why, codes: of.map(({ code }) => code) }))
}

export const countsOf = (
  results: readonly Result[],
): Readonly<Record<Outcome['state'], number>> =>
  Object.fromEntries(
    outcomes.map((state) => [state, results.filter((one) => one.state === state).length]),
  ) as Record<Outcome['state'], number>

export const linesOfWalk = function* ({ links, broken }: Walk): Generator<string> {
  yield 'the way of a sync of this account'
  for (const { title, state, told } of links) {
    yield `  ${marks[state]} ${title}${told ? `: ${told}` : ''}`
  }
  yield ''
  if (broken === null) {
    yield 'Nothing holds it up'
    return
  }
  yield `${
    broken.state === 'fault' ? 'It ends here' : 'Look here'
  }: ${broken.title}: ${broken.told}`
  yield `  → ${broken.fix}`
}
