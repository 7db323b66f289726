/** In the plugin's process: the plugin as data, with a handle in the place of what cannot cross. */
import { isPlugin, type Schema } from '../../plugin.ts'
import { encode } from './values.ts'

/** A schema on its way: asked by its path, described as JSON schema where it can describe itself. */
interface WireSchema {
  readonly vendor: string
  readonly input: unknown
  readonly output: unknown
}

export const declarationOf = (plugin: unknown): unknown => {
  if (!isPlugin(plugin)) {
    throw new Error(
      'its default export is no plugin: export default definePlugin(…) or defineMarketplace(…)',
    )
  }
  return declared(plugin, 0)
}

const declared = (value: unknown, depth: number): unknown => {
  if (typeof value === 'function') return { $: 'fn' }
  if (isSchema(value)) return { $: 'schema', v: wireSchema(value) }
  if (typeof value !== 'object' || value === null || isLeaf(value)) return encode(value)
  if (depth > 10) throw new Error('its members lie deeper than those of any plugin')
  if (Array.isArray(value)) return value.map((one) => declared(one, depth + 1))
  const members = Object.entries(value).filter(([name]) => name !== '$' && name !== '__proto__')
  return Object.fromEntries(members.map(([name, one]) => [name, declared(one, depth + 1)]))
}

const isLeaf = (value: object): boolean =>
  value instanceof Date || value instanceof URL || value instanceof Uint8Array ||
  value instanceof Map || value instanceof Set

export const isSchema = (value: unknown): value is Schema =>
  typeof (value as { '~standard'?: { validate?: unknown } } | null | undefined)?.['~standard']
    ?.validate === 'function'

/** Standard JSON Schema, which zod and others have beside their checks. */
interface Describing {
  readonly jsonSchema?: Readonly<
    Record<'input' | 'output', (options: Readonly<Record<string, unknown>>) => unknown>
  >
}
const wireSchema = (schema: Schema): WireSchema => {
  const { vendor, jsonSchema } = schema['~standard'] as Schema['~standard'] & Describing
  const describe = (side: 'input' | 'output'): unknown => {
    try {
      const options = { target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any' } }
      return encode(JSON.parse(JSON.stringify(jsonSchema?.[side](options) ?? null)))
    } catch {
      return null
    }
  }
  return { vendor: String(vendor), input: describe('input'), output: describe('output') }
}
