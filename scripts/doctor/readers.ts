/** Where each of the facts comes from; what one needs of another, it asks for. */
import { readAccount } from './account/read.ts'
import type { Get } from './check.ts'
import { nothingToSee } from './check.ts'
import type { Facts } from './facts.ts'
import type { Ground } from './ground.ts'
import { readAccounts } from './read/accounts.ts'
import { readAudit } from './read/audit.ts'
import { readLogins, readServer } from './read/database.ts'
import { readVariables } from './read/environment.ts'
import { readHome, readPort } from './read/home.ts'
import { readInstallation } from './read/installation.ts'
import { readKms, readSellerKeys } from './read/keys.ts'
import { readClock, readMachine } from './read/machine.ts'
import { readMail } from './read/mail.ts'
import { loadHost, readPluginFacts, readUpstreams } from './read/plugins.ts'
import { readQueues } from './read/queues.ts'
import { readSchema, readScope } from './read/schema.ts'
import { readStorage } from './read/storage.ts'
import { readSweeps } from './read/sweeps.ts'
import { assertMigrated, readPlans, readWork } from './read/work.ts'
import { settingsOf } from './settings.ts'

export type Readers = {
  readonly [K in keyof Facts]: (get: Get) => Facts[K] | Promise<Facts[K]>
}

export const readersOf = (ground: Ground): Readers => {
  let loading: ReturnType<typeof loadHost> | undefined
  const loaded = () => loading ??= loadHost(ground)
  /** The logins, once the tables are what this release asks for. */
  const migrated = async (get: Get) => {
    assertMigrated(await get('schema'))
    return await get('logins')
  }
  const orNull = <T>(facts: Promise<T>): Promise<T | null> => facts.catch(() => null)
  /** Without a configuration, AWS itself would be asked for what nobody has named. */
  const configured = (): void => {
    const { stoodIn } = settingsOf(ground.env)
    if (stoodIn.has('DATABASE_URL') && !ground.env['AWS_ENDPOINT_URL']) {
      throw nothingToSee('nothing is configured, and `npm start` does not run')
    }
  }
  return {
    machine: () => readMachine(ground),
    clock: () => readClock(ground),
    installation: () => readInstallation(ground),
    home: () => readHome(ground),
    port: () => readPort(ground),
    variables: () => readVariables(ground),
    plugins: async () => readPluginFacts(ground, await loaded()),
    upstreams: () => readUpstreams(ground),
    logins: () => readLogins(ground),
    server: async (get) => await readServer(await get('logins'), ground),
    schema: async (get) => await readSchema(await get('logins'), await loaded(), ground),
    scope: async (get) => await readScope(await get('logins'), ground),
    kms: async () => (configured(), await readKms(ground)),
    sellerKeys: async (get) => await readSellerKeys(await migrated(get), await get('kms'), ground),
    queues: async () => (configured(), await readQueues(await loaded(), ground)),
    storage: async (get) => (configured(), await readStorage(await get('kms'), ground)),
    sweeps: async (get) => await readSweeps(await get('logins'), await loaded(), ground),
    work: async (get) => await readWork(await migrated(get), ground),
    plans: async (get) => await readPlans(await migrated(get), ground),
    accounts: async (get) => await readAccounts(await migrated(get), await loaded(), ground),
    audit: async (get) => await readAudit(await migrated(get), ground),
    mail: () => readMail(ground),
    account: async (get) => {
      const [sweeps, queues] = [await orNull(get('sweeps')), await orNull(get('queues'))]
      return await readAccount(
        await migrated(get),
        { loaded: await loaded(), sweeps, queues },
        ground,
      )
    },
  }
}
