/** What the benchmark tells its server process: by the environment, as the app is told. */
import { Buffer } from 'node:buffer'
import type { TokenKeySet } from '#core/auth/token-keys.ts'

/** Of each of the two servers: what the app takes when nobody says otherwise. */
export const connections = 10

export interface ServerSettings {
  readonly appUrl: string
  readonly platformUrl: string
  readonly freeUrl: string
  /** Of the key service, 32 bytes. */
  readonly secret: Uint8Array
  readonly tokenKeys: TokenKeySet
}
/** The first line that the server writes, as JSON. */
export interface ServerUrls {
  readonly house: string
  readonly bare: string
}

const variable = 'ROBNU_BENCH_SERVER'

export const settingsEnv = (settings: ServerSettings): Record<string, string> => ({
  [variable]: JSON.stringify({
    ...settings,
    secret: Buffer.from(settings.secret).toString('base64'),
  }),
})

export const readSettings = (env: Readonly<Record<string, string | undefined>>): ServerSettings => {
  const settings = JSON.parse(env[variable] ?? 'null')
  if (settings === null) throw new Error('Cannot start: the benchmark starts this process itself')
  return { ...settings, secret: new Uint8Array(Buffer.from(settings.secret, 'base64')) }
}
