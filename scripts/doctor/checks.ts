/** All checks, in the order in which they are told. */
import type { Check } from './check.ts'
import { accountChecks } from './checks/accounts.ts'
import { auditChecks } from './checks/audit.ts'
import { databaseChecks } from './checks/database.ts'
import { environmentChecks } from './checks/environment.ts'
import { homeChecks } from './checks/home.ts'
import { installationChecks } from './checks/installation.ts'
import { keyChecks } from './checks/keys.ts'
import { machineChecks } from './checks/machine.ts'
import { mailChecks } from './checks/mail.ts'
import { pluginChecks } from './checks/plugins.ts'
import { queueChecks } from './checks/queues.ts'
import { schemaChecks } from './checks/schema.ts'
import { storageChecks } from './checks/storage.ts'
import { sweepChecks } from './checks/sweeps.ts'
import { workChecks } from './checks/work.ts'

export const checks: readonly Check[] = [
  ...machineChecks,
  ...installationChecks,
  ...homeChecks,
  ...environmentChecks,
  ...pluginChecks,
  ...databaseChecks,
  ...schemaChecks,
  ...keyChecks,
  ...queueChecks,
  ...storageChecks,
  ...sweepChecks,
  ...workChecks,
  ...accountChecks,
  ...auditChecks,
  ...mailChecks,
]
