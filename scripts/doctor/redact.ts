/** What is secret in the environment, in the files that it names and in URLs never leaves a result. */
import { readFileSync } from 'node:fs'
import type { Environment } from '#core/config.ts'
import { createRedact as ofVariables } from '../cli/redact.ts'

/** Also for what a variable leads to by `<NAME>_FILE`. */
export const createRedact = (env: Environment): (text: string) => string => {
  const files = Object.entries(env).flatMap(([name, file]) => {
    if (!name.endsWith('_FILE') || !file) return []
    try {
      return [[name.slice(0, -'_FILE'.length), readFileSync(file, 'utf8').trim()] as const]
    } catch {
      return []
    }
  })
  const [given, held] = [ofVariables(env), ofVariables(Object.fromEntries(files))]
  return (text) => held(given(text))
}
