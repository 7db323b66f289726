/** What the plugin is and does, against the file that a person has looked at. */
import type { MarketplaceCheck } from '../check.ts'
import { differenceOf, fail } from '../judge.ts'
import { readTold, tell, type ToldPart } from '../told/told.ts'
import { type MarketBench, ofAdapter } from './targets.ts'

const titles: Readonly<Record<ToldPart, string>> = {
  declaration: 'What is declared, and the forms of its schemas',
  walks: 'Pages, cursors and requests of a run, of those after it and of a window',
  cases: 'What is made of the changed rows of the sample',
  failures: 'The failures of the refusals of the sample, and its inputs',
  stock: 'What pushing and reading stock asks and answers',
  batches: 'Steps, requests and documents of the batches of the sample',
}

/** Why there is nothing to tell of a part. */
const needs: Readonly<Partial<Record<ToldPart, (bench: MarketBench) => string | undefined>>> = {
  cases: ({ sample }) => sample?.cases ? undefined : 'the sample has no changed rows',
  stock: ({ plugin, sample }) =>
    plugin.adapter.pushInventory && sample?.stock?.length
      ? undefined
      : 'the sample pushes no stock',
  batches: ({ plugin, sample }) =>
    plugin.adapter.fullProcessing && sample?.batch ? undefined : 'the sample makes no batch',
}

export const lookedAtChecks: readonly MarketplaceCheck[] = (Object.keys(titles) as ToldPart[])
  .map((part) =>
    ofAdapter({
      id: `told-${part}`,
      title: `${titles[part]} are what a person has looked at`,
      remedy: 'Mend what is another; where it is meant, look at each change and --write the file',
      leftOut: (bench) =>
        bench.sample?.told ? needs[part]?.(bench) : 'the sample has no file of what is told',
      run: async (bench) => {
        const wanted = (await readTold(bench))[part]
        const difference = differenceOf(wanted, await tell(bench, part))
        if (difference !== undefined) fail(difference)
      },
    })
  )
