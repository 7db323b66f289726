/** A command on the platform's database, with the environment of `serve`. */
import { type Config, readConfig } from '#core/config.ts'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { type OpenDatabase, openDatabase } from '#core/db/scope.ts'
import type { CommandIo } from './command.ts'
import { withLocalParts } from './local-parts.ts'

export interface Platform {
  readonly db: OpenDatabase
  readonly config: Config
  /** With the environment that the configuration was read from. */
  readonly io: CommandIo
}

/** Those of the environment by name: the SDK reads the environment of the process alone. */
export const awsOf = ({ config, io }: Pick<Platform, 'config' | 'io'>) => {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = config
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = io.env
  return {
    region,
    ...endpoint === undefined ? {} : { endpoint },
    ...AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
      ? {
        credentials: {
          accessKeyId: AWS_ACCESS_KEY_ID,
          secretAccessKey: AWS_SECRET_ACCESS_KEY,
          ...AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {},
        },
      }
      : {},
  }
}

/** Throws every fault of the environment at once. What is open is closed at the end. */
export const withPlatform = async <T>(
  asked: CommandIo,
  work: (platform: Platform) => Promise<T>,
): Promise<T> => {
  const io = withLocalParts(asked)
  const config = readConfig(io.env)
  const db = await openDatabase({
    url: config.DATABASE_URL,
    platformUrl: config.DATABASE_PLATFORM_URL,
    scopeKey: scopeKeyFrom(config.ROBNU_SECRET),
    maxConnections: 1,
    applicationName: 'robnu-cli',
  })
  try {
    return await work({ db, config, io })
  } finally {
    await db.close()
  }
}
