/** What all test files have opened, said at the end of a run. */
import { readFileSync } from 'node:fs'
import type { Report } from './opens.ts'

/** For people, over all files of a run; throws where a whole suite has opened nothing. */
export const sumOpens = (file: string, mustSee: boolean): string => {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    .map((line): Report => JSON.parse(line))
  const sum = (key: keyof Report) => lines.reduce((all, line) => all + (line[key] ?? 0), 0)
  if (mustSee && sum('opened') === 0) throw new Error('The count of opened values is blind')
  return `${sum('opened')} values opened, ${sum('told')} in the ledgers of ${sum('databases')} ` +
    `databases (${sum('undone')} of work that rolled back; ${sum('beside')} databases have more, ` +
    `for a reason), ${sum('apart')} by tests of the cipher alone`
}
