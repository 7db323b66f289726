/** `robnu conformance`: exit codes, the report for machines, and what it refuses. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { conformanceCommand } from '../../scripts/cli/commands/conformance.ts'
import type { CommandIo } from '../../scripts/cli/command.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

const called = async (...args: readonly string[]) => {
  const lines: string[] = []
  let result: unknown
  const io: CommandIo = {
    ...{ say: (line) => void lines.push(line), warn: () => {}, env: {}, cwd: root },
    ...{ now: () => new Date(), signal: new AbortController().signal, dryRun: false },
    result: (value) => void (result = value),
  }
  return { code: await conformanceCommand.run(args, io), lines, result }
}

test('a tier alone does not conform, and the report says which are missing', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'robnu-report-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const [report, badge] = [join(dir, 'report.json'), join(dir, 'badge.svg')]
  const { code, lines, result } = await called(
    ...['tests/support/bazaar', '--tier', 'declaration', '--report', report, '--badge', badge],
  )
  expect(code).toBe(1)
  expect(lines.at(-2)).toMatch(/^bazaar does not conform: \d+ passed, 0 failed/)
  expect(result).toMatchObject({
    ...{ schema: 1, conforms: false, missing: ['behaviour', 'database'] },
    plugin: {
      id: 'bazaar',
      version: '1.0.0',
      api: 1,
      integrity: expect.stringMatching(/^sha256-/),
    },
  })
  expect(JSON.parse(await readFile(report, 'utf8'))).toEqual(result)
  expect(await readFile(badge, 'utf8')).toContain('<svg')
})

test('checks that were asked for by name exit by what came of them', async () => {
  const asked = ['tests/support/bazaar', '--tier', 'declaration', '--only', 'declared-id-form']
  expect(await called(...asked)).toMatchObject({ code: 0 })
  expect(await called(...asked, '--patience', '20')).toMatchObject({ code: 0 })
})

test('what is no plugin, no tier or no single folder is refused in words', async () => {
  const refusal = (...args: readonly string[]) =>
    called(...args).then(() => '', (error: Error) => error.message)
  expect(await refusal()).toBe('Name one folder or package')
  expect(await refusal('a', '--tier', 'all')).toMatch(/^There is no tier "all"/)
  expect(await refusal('a', '--patience', '0')).toBe('--patience is a whole number from 1')
  expect(await refusal('no/such/folder')).toMatch(/^Cannot check "no\/such\/folder": there is no/)
  expect(await refusal('migrations')).toMatch(/there is no mod\.ts, mod\.js or package in it$/)
})
