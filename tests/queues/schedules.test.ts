import { expect, test } from 'vitest'
import { isCron, nextRun } from '../../core/rules/cron.ts'

test('a cron is read in India, whatever the time zone of the machine', () => {
  expect(nextRun('30 2 * * *', new Date('2022-04-01T00:00:00Z')).toISOString())
    .toBe('2022-04-01T21:00:00.000Z')
  expect(nextRun('0 0 1 * *', new Date('2022-04-01T00:00:00Z')).toISOString())
    .toBe('2022-04-30T18:30:00.000Z')
})

test('the next run is later than the instant, never the instant itself', () => {
  const at = new Date('2022-04-01T00:05:00Z')
  expect(nextRun('*/5 * * * *', at).toISOString()).toBe('2022-04-01T00:10:00.000Z')
  expect(nextRun('*/5 * * * *', new Date(at.getTime() - 1))).toEqual(at)
})

test.each(['*/5 * * * *', '0 2 * * mon-fri', '15,45 9-17 1 jan,JUL *', '0 */4 * * *'])(
  '"%s" is a cron',
  (cron) => expect(isCron(cron)).toBe(true),
)

test.each([
  ['six fields', '* * * * * *'],
  ['four fields', '* * * *'],
  ['a name for it', '@daily'],
  ['a random time', 'H * * * *'],
  ['a day that never comes', '0 0 31 2 *'],
  ['no such minute', '60 * * * *'],
  ['nothing', ''],
  ['spaces', '*/5  * * * *'],
])('%s is no cron', (_what, text) => {
  expect(isCron(text)).toBe(false)
  expect(() => nextRun(text, new Date())).toThrow()
})
