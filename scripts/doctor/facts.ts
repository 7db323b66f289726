/** All facts that checks judge, by their names. */
import type { AccountFacts } from './account/links.ts'
import type { Accounts } from './checks/accounts.ts'
import type { Audit } from './checks/audit.ts'
import type { Logins, Server } from './checks/database.ts'
import type { Variables } from './checks/environment.ts'
import type { Home, Port } from './checks/home.ts'
import type { Installation } from './checks/installation.ts'
import type { Kms, SellerKeys } from './checks/keys.ts'
import type { Clock, Machine } from './checks/machine.ts'
import type { Mail } from './checks/mail.ts'
import type { Plugins, Upstreams } from './checks/plugins.ts'
import type { Queues } from './checks/queues.ts'
import type { Schema, Scope } from './checks/schema.ts'
import type { Storage } from './checks/storage.ts'
import type { Sweeps } from './checks/sweeps.ts'
import type { Plans, Work } from './checks/work.ts'

export interface Facts {
  readonly machine: Machine
  readonly clock: Clock
  readonly installation: Installation
  readonly home: Home
  readonly port: Port
  readonly variables: Variables
  readonly plugins: Plugins
  readonly upstreams: Upstreams
  readonly logins: Logins
  readonly server: Server
  readonly schema: Schema
  readonly scope: Scope
  readonly kms: Kms
  readonly sellerKeys: SellerKeys
  readonly queues: Queues
  readonly storage: Storage
  readonly sweeps: Sweeps
  readonly work: Work
  readonly plans: Plans
  readonly accounts: Accounts
  readonly audit: Audit
  readonly mail: Mail
  /** Of the account that was named. */
  readonly account: AccountFacts
}
