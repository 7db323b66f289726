/** How checks are run and told: each by itself, none longer than its time. */
import { describe, expect, it } from 'vitest'
import { fault, nothingToSee, ok } from '../../scripts/doctor/check.ts'
import { checks } from '../../scripts/doctor/checks.ts'
import { createGet, runChecks } from '../../scripts/doctor/run.ts'
import type { Readers } from '../../scripts/doctor/readers.ts'
import { countsOf, linesOf } from '../../scripts/doctor/tell.ts'
import { healthy } from './healthy.ts'

const readers = (more: Partial<Readers> = {}): Readers => ({
  ...Object.fromEntries(
    Object.entries(healthy).map(([name, facts]) => [name, () => facts]),
  ) as unknown as Readers,
  ...more,
})
const of = (code: string) => checks.filter((one) => one.code === code)

describe('running checks', () => {
  it('reads each of the facts once, whoever asks', async () => {
    let read = 0
    const get = createGet(readers({
      server: async (get) => {
        read++
        await get('logins')
        return healthy.server
      },
    }))
    const results = await runChecks(checks, get)
    expect(countsOf(results)).toMatchObject({ fault: 0, warning: 0, ok: checks.length })
    expect(read).toBe(1)
  })

  it('leaves out what has nothing to look at, with the reason', async () => {
    const server = () => Promise.reject(nothingToSee('there is no database'))
    const [result] = await runChecks(of('clocks-apart'), createGet(readers({ server })))
    expect(result).toMatchObject({ state: 'left-out', told: 'there is no database' })
  })

  it('warns of what could not be looked at, and goes on with the others', async () => {
    const server = () => {
      throw new Error('boom\nwith details')
    }
    const both = [...of('clocks-apart'), ...of('memory-low')]
    const results = await runChecks(both, createGet(readers({ server })))
    expect(results.map(({ state, told }) => [state, told])).toEqual([
      ['warning', 'it could not be looked at: boom'],
      ['ok', undefined],
    ])
  })

  it('waits for nobody longer than the limit', async () => {
    const server = () => new Promise<never>(() => {})
    const [result] = await runChecks(of('clocks-apart'), createGet(readers({ server }), 1))
    expect(result?.told).toBe('it could not be looked at: it took too long')
  })
})

describe('telling', () => {
  const result = (code: string, outcome: ReturnType<typeof ok>) => {
    const [check] = of(code)
    if (!check) throw new Error('unreachable')
    const { area, title, meaning, fix } = check
    return { code, area, title, meaning, fix, ...outcome }
  }
  it('says code, meaning and fix of what is wrong, and one line of what is well', () => {
    const lines = [...linesOf([
      result('memory-low', ok()),
      result('disk-full', fault('3 MiB are free')),
    ])]
    expect(lines[1]).toBe('  ✓ A gigabyte of memory')
    expect(lines[2]).toBe('  ✗ Room on the disk: 3 MiB are free  [disk-full]')
    expect(lines[3]).toMatch(/^ {6}PostgreSQL stops/)
    expect(lines[4]).toMatch(/^ {6}→ Free at least/)
    expect(lines.at(-1)).toBe('1 well, 0 warnings, 1 faults, 0 left out')
  })

  it('says once what was left out for one reason', () => {
    const left = { state: 'left-out', told: 'there is none' } as const
    const lines = [
      ...linesOf([result('kms-unreachable', left), result('seller-key-missing', left)]),
    ]
    expect(lines).toContain('  – 2 checks left out: there is none')
  })
})
