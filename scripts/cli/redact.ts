/** What of the environment is secret never leaves by what a command says. */
import type { Environment } from '#core/config.ts'

const secretName = /SECRET|PASSWORD|TOKEN|PEPPER|_KEYS?$|API_KEY/
const least = 8

/** Puts `…` where a secret of the environment stands, also one that is part of a URL or of JSON. */
export const createRedact = (env: Environment): (text: string) => string => {
  const secrets = [...secretsOf(env)].filter((one) => one.length >= least)
    .toSorted((a, b) => b.length - a.length)
  if (secrets.length === 0) return (text) => text
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '…'), text)
}

const secretsOf = function* (env: Environment): Generator<string> {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || name.endsWith('_FILE')) continue
    if (secretName.test(name)) {
      yield value
      yield* leavesOf(value)
    }
    const [, password] = /^[a-z][a-z0-9+.-]*:\/\/[^/@:]*:([^/@]+)@/.exec(value) ?? []
    if (password === undefined) continue
    yield password
    yield decoded(password)
  }
}

/** Private parts and peppers inside of JSON; names of keys are no secrets. */
const leavesOf = function* (value: string): Generator<string> {
  for (const [, text = ''] of value.matchAll(/"(?:d|k|\d+)"\s*:\s*"([^"]+)"/g)) yield text
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
