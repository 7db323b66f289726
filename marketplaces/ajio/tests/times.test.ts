import { expect, test } from 'vitest'
import { ajioDay, ajioTime, dayInIndia, javaDate, startOfDay } from '../times.ts'

test('the same instant is read from Java text and from ISO, though no runtime reads the first', () => {
  const java = 'Fri Aug 14 16:43:42 IST 2026'
  expect(new Date(java).getTime()).toBeNaN()
  const instant = '2026-08-14T11:13:42.000Z'
  expect(javaDate(java)?.toISOString()).toBe(instant)
  for (
    const text of [
      java,
      ` ${java} `,
      '2026-08-14T16:43:42+05:30',
      '2026-08-14T16:43:42+0530',
      '2026-08-14 16:43:42+05:30',
      '2026-08-14T11:13:42Z',
      '2026-08-14T11:13:42.000Z',
    ]
  ) expect(ajioTime(text)?.toISOString(), text).toBe(instant)
  expect(ajioTime('2026-08-14T11:13:42.5Z')?.getMilliseconds()).toBe(500)
  expect(ajioTime('2026-08-14T11:13Z')?.toISOString()).toBe('2026-08-14T11:13:00.000Z')
})

test('midnight and the turn of the year are India’s', () => {
  expect(javaDate('Thu Jan 01 00:00:00 IST 2026')?.toISOString()).toBe('2025-12-31T18:30:00.000Z')
  expect(dayInIndia(new Date('2025-12-31T18:29:59Z'))).toBe('2025-12-31')
  expect(dayInIndia(new Date('2025-12-31T18:30:00Z'))).toBe('2026-01-01')
  expect(startOfDay('2026-01-01').toISOString()).toBe('2025-12-31T18:30:00.000Z')
  expect(ajioDay('Thu Jan 01 00:10:00 IST 2026')).toBe('2026-01-01')
  expect(ajioDay('2026-08-14')).toBe('2026-08-14')
})

test('what is no time is none: no zone, no such day, another zone, another century', () => {
  const wrong = [
    '',
    'nan',
    '2026-08-14T16:43:42',
    '2026-08-14',
    'Fri Aug 14 16:43:42 GMT 2026',
    'Fri Agu 14 16:43:42 IST 2026',
    'Fri Jun 31 16:43:42 IST 2026',
    'Sun Feb 29 00:00:00 IST 2026',
    '2026-02-30T00:00:00Z',
    '2026-08-14T25:00:00Z',
    '2026-08-14T10:61:00Z',
    '2026-08-14T10:00:75Z',
    '0026-08-14T10:00:00Z',
    '9999-08-14T10:00:00Z',
    // the ledger takes nothing before 1990, as the clock of UTC tells it
    '1989-12-31T23:59:59Z',
    '1990-01-01T05:29:59+05:30',
  ]
  for (const text of wrong) expect(ajioTime(text), text).toBeUndefined()
  expect(ajioTime('1990-01-01T05:30:00+05:30')?.toISOString()).toBe('1990-01-01T00:00:00.000Z')
  for (const text of ['2026-13-01', '2026-02-30', 'nan', '14-08-2026']) {
    expect(ajioDay(text), text).toBeUndefined()
  }
})
