/** A process that migrates, for a test to kill. Arguments: the URL, then the SQL of each file. */
import process from 'node:process'
import { migrate } from '../../core/db/migrate.ts'

const [ownerUrl = '', ...texts] = process.argv.slice(2)
const files = texts.map((sql, i) => ({
  number: i + 1,
  name: `${String(i + 1).padStart(4, '0')}_step.sql`,
  sql,
  breaking: false,
}))
await migrate({ ownerUrl, lines: [{ line: 'core', files }], log: () => {} })
