/** All checks of migrations and of what a real database holds after them. */
import type { Check, MarketplaceCheck } from '../check.ts'
import { lintChecks } from './lint.ts'
import { rowChecks } from './rows.ts'
import { tableChecks } from './tables.ts'

/** Of every plugin; those of the text of migrations need no database. */
export const databaseChecks: readonly Check[] = [...lintChecks, ...tableChecks]

/** Of a marketplace, beside those. */
export const databaseRowChecks: readonly MarketplaceCheck[] = rowChecks
