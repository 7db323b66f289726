/** Routes that change something, each by an act of the same name. */
import type { SandboxAnswer, SandboxRoute } from 'robnu/testing'
import type { Guard } from './guard.ts'
import { wireError } from './wire.ts'
import type { World } from './world.ts'

export const sellingHost = 'sellingpartnerapi-eu.amazon.com'

/** The act is given the members of the body, and above them the parts of the path and the query. */
export const writeRoute = (
  { guard, world }: { readonly guard: Guard; readonly world: World },
  method: string,
  path: string,
  operation: string,
): SandboxRoute => ({
  ...{ method, path, operation, host: sellingHost },
  handle: guard(operation, ({ params, url, body }, { id }) => {
    const json = jsonOf(body)
    if (!json) return invalid('The body is no JSON object.')
    const query = Object.fromEntries(url.searchParams)
    return world.run(operation, id, { ...json, ...query, ...params }) as SandboxAnswer
  }),
})

export const jsonOf = (body: string): object | undefined => {
  try {
    const json: unknown = JSON.parse(body || '{}')
    return json instanceof Object && !Array.isArray(json) ? json : undefined
  } catch {
    return undefined
  }
}

export const invalid = (message: string): SandboxAnswer => wireError(400, 'InvalidInput', message)
