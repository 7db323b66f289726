/** The kit sees what is wrong in a plugin: the short version of the proof `mutants`. */
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { makeBed } from '../../scripts/proof/mutants/bed.ts'
import { draw, mutantsOf, sourcesOf } from '../../scripts/proof/mutants/draw.ts'

const ajio = fileURLToPath(new URL('../../marketplaces/ajio', import.meta.url))
const seed = 7
const beds = [1, 2].map(() => makeBed([ajio], 'quick'))
afterAll(() => beds.forEach((bed) => bed.remove()))

test('AJIO passes as it is, and not with one thing wrong in it', async () => {
  const waiting = [undefined, ...draw([ajio], 4, seed)]
  const ends: string[] = []
  await Promise.all(beds.map(async (bed) => {
    while (waiting.length > 0) {
      const mutant = waiting.shift()
      const { outcome } = await bed.judge(ajio, mutant)
      const what = mutant
        ? `${mutant.file}:${mutant.line} ${mutant.before} → ${mutant.after}`
        : 'as is'
      ends.push(`${what}: ${outcome === 'whole' ? 'whole' : 'seen'}`)
    }
  }))
  expect(ends).toHaveLength(5)
  expect(ends.filter((end) => end.endsWith('whole'))).toEqual(['as is: whole'])
}, 60_000)

test('the same mutants come of the same seed, each a change in one place', () => {
  const [drawn, again, others] = [seed, seed, seed + 1].map((one) => draw([ajio], 40, one))
  expect(drawn).toEqual(again)
  expect(drawn).not.toEqual(others)
  expect(drawn).toHaveLength(40)
  expect(new Set(drawn?.map(({ file, start }) => `${file} ${start}`)).size).toBe(40)
  const operators = sourcesOf(ajio).flatMap((file) => mutantsOf(ajio, file))
    .map(({ operator }) => operator)
  expect(new Set(operators).size).toBeGreaterThan(12)
})
