import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLines } from '../../scripts/lines.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('lines leave together after a moment, in their order', () => {
  const put: string[] = []
  const lines = createLines((text) => put.push(text))
  lines.write('a')
  lines.write('b')
  expect(put).toEqual([])
  vi.advanceTimersByTime(20)
  lines.write('c')
  vi.advanceTimersByTime(20)
  expect(put).toEqual(['a\nb\n', 'c\n'])
})

it('what waits is written when the process ends, and only once', () => {
  const put: string[] = []
  const lines = createLines((text) => put.push(text))
  lines.flush()
  lines.write('last')
  lines.flush()
  vi.advanceTimersByTime(100)
  expect(put).toEqual(['last\n'])
})
