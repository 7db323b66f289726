/** Before every test file: counts what is opened from the first line on, and settles it at the end. */
import { afterAll } from 'vitest'
import { settleRest } from './opens.ts'

// registered first, so it runs last
afterAll(settleRest)
