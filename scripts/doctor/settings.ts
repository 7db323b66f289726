/** The configuration as far as it can be read: what is wrong in it is told, and stood in for. */
import { type Config, type Environment, readConfig } from '#core/config.ts'

export interface Settings {
  readonly config: Config
  /** One line for each, as a start would tell them. */
  readonly faults: readonly string[]
  /** Variables that were stood in for: what would be judged by them is left out. */
  readonly stoodIn: ReadonlySet<string>
}

/** Never tried as they are: who needs one of them asks `stoodIn` first. */
export const standIns: Environment = {
  DATABASE_URL: 'postgres://stand-in',
  DATABASE_PLATFORM_URL: 'postgres://stand-in',
  ROBNU_JWT_KEYS: '{"keys":[{"kty":"OKP"}]}',
  ROBNU_AUDIT_KEYS: '{"keys":[{"kty":"OKP"}]}',
  ROBNU_SECRET: 'this stands in for a secret that is missing',
}

export const settingsOf = (env: Environment): Settings => {
  const faults = faultsIn(env)
  if (faults === undefined) return { config: readConfig(env), faults: [], stoodIn: new Set() }
  const names = faults.map((fault) => /^[A-Z][A-Z0-9_]*/.exec(fault)?.[0] ?? '')
  const wrong = new Set(names.flatMap((name) => [name, name.replace(/_FILE$/, '')]))
  const isRight = (name: string) => !wrong.has(name) && !wrong.has(name.replace(/_FILE$/, ''))
  const left = Object.fromEntries(Object.entries(env).filter(([name]) => isRight(name)))
  // what is wrong with the plugins is told by checks of their own
  const config = readConfig({
    ...Object.fromEntries(Object.entries(standIns).filter(([name]) => wrong.has(name))),
    ...left,
  }, { plugins: false })
  return { config, faults, stoodIn: wrong }
}

const faultsIn = (env: Environment): readonly string[] | undefined => {
  try {
    readConfig(env)
    return undefined
  } catch (error) {
    const { faults } = error as { readonly faults?: readonly string[] }
    if (faults === undefined) throw error
    return faults
  }
}

/** Of the environment that was given to us, which need not be that of the process. */
export const awsOf = (env: Environment) => {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = settingsOf(env).config
  const [accessKeyId, secretAccessKey, sessionToken] = [
    env['AWS_ACCESS_KEY_ID'],
    env['AWS_SECRET_ACCESS_KEY'],
    env['AWS_SESSION_TOKEN'],
  ]
  return {
    region,
    ...endpoint === undefined ? {} : { endpoint },
    // absent: the SDK finds what the machine has
    ...accessKeyId && secretAccessKey
      ? {
        credentials: { accessKeyId, secretAccessKey, ...sessionToken ? { sessionToken } : {} },
      }
      : {},
  }
}
