/** The benchmarks still run: everything but their figures, which belong to a quiet machine. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../scripts/bench/run.ts', import.meta.url))

const bench = (...args: readonly string[]) =>
  new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>(
    (resolve, reject) => {
      const before = 'Deno' in globalThis ? ['run', '-A'] : []
      const child = spawn(process.execPath, [...before, script, ...args], {
        env: { ...process.env, NO_COLOR: '1' },
      })
      let [out, err] = ['', '']
      child.stdout.on('data', (text) => out += text)
      child.stderr.on('data', (text) => err += text)
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, out, err }))
    },
  )

const cellsOf = (line: string): readonly string[] =>
  line.split('|').slice(1, -1).map((c) => c.trim())

test('a quick run measures every target and fills in every row of its table', async () => {
  const { code, out, err } = await bench('--quick')
  expect(err).toBe('')
  expect(code).toBe(0)
  const rows = out.split('\n').filter((line) => /^\| P\d/.test(line)).map(cellsOf)
  const counts = Object.groupBy(rows, ([target = '']) => target)
  expect(Object.keys(counts)).toEqual(['P1', 'P5', 'P2', 'P4', 'P6', 'P7', 'P8', 'P10', 'P11'])
  // one more where there is a Redis
  expect([29, 30]).toContain(rows.length)
  for (const [target, what, wanted, reached, spread, met] of rows) {
    const row = `${target} ${what}`
    expect(Number(reached), row).not.toBeNaN()
    expect(Number.isFinite(Number(reached)), row).toBe(true)
    expect(met, row).toMatch(wanted === '' ? /^$/ : /^(yes|no)$/)
    const isCounted = wanted === '0' || wanted === '≤ 1'
    if (!isCounted) expect(Number(reached), row).toBeGreaterThan(0)
    if (!isCounted) expect(spread, row).toMatch(/^\d+\.\d\d–\d+\.\d\d$/)
  }
  const versions = rows.find(([, what]) => what?.includes('row versions'))
  expect(versions?.slice(2, 4)).toEqual(['0', '0'])
}, 120_000)

test('what it does not understand ends it with one sentence', async () => {
  const { code, out, err } = await bench('--only', 'everything')
  expect(code).toBe(1)
  expect(out).toBe('')
  expect(err).toBe(
    'Cannot run: the arguments are [--only reads|ingest|seal|limits|work] [--quick]\n',
  )
}, 30_000)
