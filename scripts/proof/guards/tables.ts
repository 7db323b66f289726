/** Row security, table by table: each call that protects one is taken away. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Guard } from './guard.ts'

const folder = new URL('../../../migrations/', import.meta.url)

export const tableGuards = (): readonly Guard[] =>
  readdirSync(folder).filter((file) => /^\d{4}_.*\.sql$/.test(file)).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    return [...text.matchAll(/^select app_protect\('(\w+)'/gm)].map(([find, table = '']) => ({
      name: `table: ${table} is protected`,
      file: `migrations/${file}`,
      find,
      // the same rights, to everybody's rows
      replace: `grant select on ${table} to robnu_tenant; select format('%s', '${table}'`,
      tests: ['tests/isolation/catalog.test.ts'],
    }))
  })
