/** The launcher on a machine that nobody has built PostgreSQL for. */
import process from 'node:process'

Object.defineProperty(process, 'arch', { value: 'odd' })
await import('../../scripts/start.ts')
