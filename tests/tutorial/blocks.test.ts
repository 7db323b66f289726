/** The tutorial as its reader finds it; `tutorial.proof.ts` does what it says. */
import { expect, it } from 'vitest'
import { applied, blocksOf } from './blocks.ts'

const page = new URL('../../marketplaces/README.md', import.meta.url)

it('has steps to follow', () => {
  const blocks = blocksOf(page)
  expect(blocks.length).toBeGreaterThan(8)
  expect(new Set(blocks.map(({ step }) => step)).size).toBe(4)
})

it('has edits that are made where its lines are, once', () => {
  const diff = '--- a.ts\n one\n-two\n+2\n+and a half\n three\n'
  expect(applied('zero\none\ntwo\nthree\n', diff)).toBe('zero\none\n2\nand a half\nthree\n')
  expect(() => applied('one\n', diff)).toThrow('0 times')
  expect(() => applied('one\ntwo\nthree\none\ntwo\nthree\n', diff)).toThrow('2 times')
})
