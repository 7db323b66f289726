/** What the README says of the code is what the code says. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { variables } from '../core/config.ts'
import { errorTable } from '../core/errors.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The first cell of every row of the table below a heading, without its back-ticks. */
const rowsBelow = (heading: string): readonly (readonly string[])[] => {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section.split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| [a-z-]+ \|.*\| [a-z ]+ \|$/.test(line))
    .filter((line) => !line.startsWith('| ---'))
    .map((line) => line.slice(1, -1).split(' | ').map((cell) => cell.trim()))
}

/** These two never leave the process. */
const inner = ['stale-authz', 'lease-lost']

describe('the README', () => {
  it('tells every problem with its status, title and next step', () => {
    const told = rowsBelow('Problems').filter(([code]) => code?.startsWith('`'))
    const known = Object.entries(errorTable).filter(([code]) => !inner.includes(code))
    expect(known.length).toBeGreaterThan(15)
    expect(told).toEqual(
      known.map(([code, { status, title, next }]) => [`\`${code}\``, String(status), title, next]),
    )
  })

  it('names every variable of the configuration', () => {
    expect(variables.length).toBeGreaterThan(15)
    for (const name of variables) expect(readme).toContain(`\`${name}\``)
  })

  it('says how the app runs on Deno, with the permissions that it is started with', async () => {
    const { denoPermissions } = await import('../scripts/app-process.ts')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(
      `deno run ${denoPermissions.join(' ')} scripts/serve.ts`,
    )
    const { default: deno } = await import('../deno.json', { with: { type: 'json' } })
    expect(deno.tasks.serve).toBe(
      `DENO_DIR=/dev/null deno run ${denoPermissions.join(' ')} scripts/serve.ts`,
    )
  })
})
