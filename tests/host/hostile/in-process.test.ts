/** Every attack of the hostile plugin from inside of our process: fenced against mistakes, not malice. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AttackRow, attackTable, type Outcome } from '../../support/hostile/table.ts'
import { hostileDir, type House, layOut, openHouse } from './house.ts'

const isDeno = 'deno' in process.versions
const expected = ({ onNode, onDeno }: AttackRow): Outcome => isDeno ? onDeno : onNode
const named = (...names: readonly string[]) => {
  const rows = attackTable.filter(({ name }) => names.includes(name))
  if (rows.length !== names.length) throw new Error('There is no attack of that name')
  return rows
}

/** They need a house, and leave it standing. */
const housed = named(
  ...['undeclared-host', 'declared-host-without-tls', "another-plugin's-table", 'kept-context'],
  ...['people-and-sessions', 'write-of-an-order', 'write-of-the-audit-trail', 'two-statements'],
  ...[
    'rows-of-another-seller',
    'change-of-role',
    'change-of-seller',
    'entry-of-its-own',
    'new-table',
  ],
  ...['end-of-the-transaction', 'copy-to-a-program', 'file-of-the-server', 'sleep-in-the-database'],
  ...['lock-for-everybody', 'table-lock', 'text-run-as-sql', 'anonymous-block', "another's-queue"],
  ...['http-inside-a-transaction', 'kept-transaction', 'secret-into-the-log'],
)
/** Each takes its process with it, or keeps it from everything else. */
const deadly = named(
  ...['exit', 'busy-loop', 'gibibyte-of-memory', 'promise-without-end', 'rejection-of-nobody'],
  ...['error-in-a-timer', 'gibibyte-outside-of-the-heap'],
)
const others = attackTable.filter((row) => !housed.includes(row) && !deadly.includes(row))

describe('with a house around it', () => {
  let house: House
  let before: string
  beforeAll(async () => {
    house = await openHouse('in-process')
    before = await house.rowsOfVictim()
  })
  afterAll(() => house?.close())

  it.each(housed)('$name', async (row) => {
    if (row.name === 'kept-context') await house.attempt(row.name, house.victim)
    const outcome = await house.attempt(row.name).then(() => 'not fenced', () => 'refused')
    expect(outcome).toBe(expected(row))
  })

  it('pages without end are cut into slices, with time for the others in between', async () => {
    expect(await house.syncWithoutEnd()).toMatchObject({ state: 'WAITING', lastError: null })
  })

  it('nothing of the other seller has changed', async () => {
    expect(await house.rowsOfVictim()).toBe(before)
  })
})

describe('in a process to be thrown away', () => {
  const tried = new Map<string, Outcome>()
  beforeAll(async () => {
    const { given, close } = await layOut()
    try {
      const all = await Promise.all(
        [others, ...deadly.map((row) => [row])].map((rows) =>
          runVictim(rows.map(({ name }) => name), given)
        ),
      )
      for (const [name, outcome] of all.flat()) tried.set(name, outcome)
    } finally {
      await close()
    }
  }, 60_000)

  it.each([...others, ...deadly])('$name', (row) => {
    expect(tried.get(row.name)).toBe(expected(row))
  })
})

/** How the served application is run, but for its own file. */
const flags = (): readonly string[] => {
  if (!isDeno) return ['--max-old-space-size=128']
  const { tasks } = JSON.parse(readFileSync(new URL('../../../deno.json', import.meta.url), 'utf8'))
  const published = String(tasks.serve).split(' ').filter((word) =>
    /^--(?:no-prompt|allow|deny)/.test(word)
  )
  if (published.length < 4) throw new Error('The task serve has no permissions')
  return ['run', ...published, '--v8-flags=--max-old-space-size=128']
}

/** How long a process that lives may take to say so. */
const silentMs = 1_500

const runVictim = (
  attacks: readonly string[],
  given: unknown,
): Promise<readonly (readonly [string, Outcome])[]> =>
  new Promise((resolve) => {
    const file = fileURLToPath(new URL('../../support/hostile/victim.ts', import.meta.url))
    const order = JSON.stringify({ folder: hostileDir, attacks, given })
    const child = spawn(process.execPath, [...flags(), file, order], {
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
      env: { ROBNU_SECRET: 'the secret of the house', DENO_DIR: '/dev/null' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    child.stdin.on('error', () => {})
    const outcomes = new Map<string, Outcome>()
    let begun: string | undefined
    let deadline: ReturnType<typeof setTimeout> | undefined
    // whoever computes without end hears nothing
    const listen = (): void => {
      clearTimeout(deadline)
      child.stdin.write('are you there?\n')
      deadline = setTimeout(() => child.kill('SIGKILL'), silentMs)
    }
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines.filter((line) => line.startsWith('{'))) {
        const { attack, got, error, heard } = JSON.parse(line)
        if (heard !== undefined) clearTimeout(deadline)
        else if (got !== undefined) outcomes.set(attack, 'not fenced')
        else if (error !== undefined) outcomes.set(attack, 'refused')
        else if (attack !== undefined) {
          begun = attack
          listen()
        }
      }
    })
    child.on('close', () => {
      clearTimeout(deadline)
      // it went down with the attack that it was at
      if (begun !== undefined && !outcomes.has(begun)) outcomes.set(begun, 'not fenced')
      resolve([...outcomes])
    })
  })
