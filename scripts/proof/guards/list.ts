/** Every guard, from the request to the row. */
import { accessGuards } from './access.ts'
import { databaseGuards } from './database.ts'
import type { Guard } from './guard.ts'
import { keyGuards } from './keys.ts'
import { personGuards } from './people.ts'
import { requestGuards } from './requests.ts'
import { retentionGuards } from './retention.ts'
import { searchGuards } from './search.ts'
import { staffGuards } from './staff.ts'
import { tableGuards } from './tables.ts'

export const guards: readonly Guard[] = [
  ...requestGuards,
  ...personGuards,
  ...accessGuards,
  ...searchGuards,
  ...keyGuards,
  ...retentionGuards,
  ...databaseGuards,
  ...staffGuards,
  ...tableGuards(),
]
