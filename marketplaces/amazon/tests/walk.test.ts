import { expect, test } from 'vitest'
import { firstCursor, planPass, planWalk, watermarkAfter } from '../walk.ts'

const now = new Date('2022-06-30T00:00:00.000Z')
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()
const day = 24 * 60

test('the first walk reaches back as far as it is told, in windows of fifteen days', () => {
  const { watermark } = firstCursor(now, 120)
  expect(watermark).toBe(ago(120 * day))
  expect(planWalk(watermark, now)).toEqual({
    from: ago(120 * day),
    to: ago(105 * day),
    token: null,
    last: false,
  })
})

test('windows touch, their ends have settled, and only the last one is walked again', () => {
  let from = firstCursor(now, 120).watermark
  let windows = 0
  for (let walk = planWalk(from, now); walk; walk = planWalk(from, now)) {
    windows += 1
    expect(walk.from).toBe(from)
    expect(walk.to <= ago(3)).toBe(true)
    from = watermarkAfter(walk)
    if (walk.last) break
    expect([from, walk.to <= ago(15)]).toEqual([walk.to, true])
  }
  expect([windows, from]).toEqual([8, ago(15)])
})

test('a window that would end where changes still show up late is cut shorter', () => {
  const walk = planWalk(ago(15 * day + 8), now)
  expect(walk).toMatchObject({ to: ago(15), last: false })
  expect(planWalk(walk?.to ?? '', now)).toMatchObject({ from: ago(15), to: ago(3), last: true })
})

test('there is nothing to walk when the watermark is as young as the present', () => {
  expect(planWalk(ago(3), now)).toBeUndefined()
  expect(planWalk(ago(-10), now)).toBeUndefined()
})

test('a pass covers what was asked for, as far as it has settled', () => {
  expect(planPass(ago(100), ago(50), now)).toMatchObject({ to: ago(50), last: true })
  expect(planPass(ago(100), ago(-50), now)).toMatchObject({ to: ago(3), last: true })
  expect(planPass(ago(40 * day), ago(0), now)).toMatchObject({ to: ago(25 * day), last: false })
  expect(planPass(ago(50), ago(50), now)).toBeUndefined()
})
