import { readFile } from 'node:fs/promises'
import { createBuckets, createFaults, moves } from 'robnu/testing'
import { expect, test } from 'vitest'

test('a fault waits for its turn, and what is pushed comes twice or backwards', () => {
  const { next, pushed, verbs } = createFaults()
  verbs['failNext']?.({ operation: 'list', kind: '503', after: 2 })
  expect([next('list'), next('list'), next('list'), next('list')])
    .toEqual([undefined, undefined, '503', undefined])
  verbs['duplicateNextPush']?.({ operation: 'list', times: 2 })
  expect(pushed('other', [1, 2])).toEqual([1, 2])
  // nothing to tell leaves it for the next
  expect(pushed('list', [])).toEqual([])
  expect([pushed('list', [1, 2]), pushed('list', [3]), pushed('list', [4])])
    .toEqual([[1, 1, 2, 2], [3, 3], [4]])
  verbs['reorderPushes']?.({})
  expect(pushed('list', [1, 2, 3])).toEqual([3, 2, 1])
  verbs['reorderPushes']?.({ on: false })
  expect(pushed('list', [1, 2, 3])).toEqual([1, 2, 3])
})

test('chaos is the same for the same seed, whatever else is asked between', () => {
  const fates = (seed: number, others: boolean): readonly (string | undefined)[] => {
    const { next, verbs } = createFaults()
    verbs['chaos']?.({ seed, rate: 0.5, kinds: ['429', '500'], operations: ['list', 'other'] })
    return Array.from({ length: 200 }, () => {
      if (others) next('other')
      expect(next('spared')).toBeUndefined()
      return next('list')
    })
  }
  const once = fates(7, false)
  expect(fates(7, true)).toEqual(once)
  expect(fates(8, false)).not.toEqual(once)
  expect(new Set(once)).toEqual(new Set(['429', '500', undefined]))
  const failed = once.filter((fate) => fate !== undefined).length
  expect(failed).toBeGreaterThan(70)
  expect(failed).toBeLessThan(130)
})

test('what was ordered comes before chaos, and rate 0 ends it', () => {
  const { next, verbs } = createFaults()
  verbs['chaos']?.({ seed: 1, rate: 1, kinds: ['500'] })
  verbs['failNext']?.({ operation: 'list', kind: '429' })
  expect([next('list'), next('list')]).toEqual(['429', '500'])
  verbs['chaos']?.({ seed: 1, rate: 0 })
  expect(next('list')).toBeUndefined()
})

test('the README tells every verb of the kit and every move', async () => {
  const text = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const verbs = [
    ...Object.keys(createFaults().verbs),
    ...Object.keys(createBuckets({}, () => 0).verbs),
  ]
  expect(verbs.length).toBeGreaterThan(7)
  expect(Object.keys(moves).length).toBeGreaterThan(12)
  for (const name of [...verbs, ...Object.keys(moves)]) expect(text).toContain(`\`${name}\``)
  for (const name of Object.values(moves)) if (name) expect(text).toContain(`\`${name}\``)
})
