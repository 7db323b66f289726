/** Our environment without what would replace a local part or change the app. */
import process from 'node:process'

const ours = /^(?:ROBNU_|DATABASE_|AWS_|REDIS_URL$|PORT$|HOST$|VITEST|NODE_ENV$|NODE_OPTIONS$)/

export const cleanEnvironment = (): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !ours.test(name)) kept[name] = value
  }
  return kept
}
