/** What a plugin declares, without its functions. */
import { z } from 'zod'
import type { Marketplace } from '../../../plugin.ts'
import type { Bench } from '../bench.ts'
import { plain } from '../judge.ts'

/** The form of a schema as JSON schema, where it is one of zod's; else nothing is told of it. */
const formOf = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null || !('_zod' in schema)) return null
  return z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' })
}

export const declarationOf = ({ plugin }: Bench<Marketplace>): Promise<unknown> => {
  const { adapter, config, details, credentials, imports, migrations, ...rest } = plugin
  return Promise.resolve(plain({
    ...rest,
    cursor: undefined,
    adapter: Object.keys(adapter),
    migrations: migrations?.map(({ id }) => id),
    imports: imports?.map(({ rows: _, ...report }) => report),
    forms: {
      config: formOf(config),
      details: formOf(details),
      credentials: formOf(credentials),
    },
  }))
}
