/** Values that fit a JSON schema of the document, and others that do not quite. */
import fc from 'fast-check'
import type { Document, JsonSchema as Shape } from '../../isolation/positions.ts'
import { canary, hostileJson, hostileText, soundText } from './words.ts'

export interface JsonSchema extends Shape {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly additionalProperties?: JsonSchema | boolean
}
export interface Sources {
  readonly document: Document
  /** Ids of rows that there are, of whatever they are. */
  readonly ids: readonly string[]
  /** Ids of the seller who asks, for a place of a route: `path id`. */
  readonly own: (route: string, place: string) => readonly string[]
}

const resolve = (document: Document, schema: JsonSchema): JsonSchema => {
  if (schema.$ref === undefined) return schema
  const found = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? '']
  if (found === undefined) throw new Error(`The document has no ${schema.$ref}`)
  return resolve(document, found)
}

/** What the schema asks for, as far as a schema can say it. */
export const soundValue = (sources: Sources, given: JsonSchema): fc.Arbitrary<unknown> => {
  const schema = resolve(sources.document, given)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const others = [...schema.anyOf ?? [], ...schema.oneOf ?? []]
  if (others.length > 0) return fc.oneof(...others.map((one) => soundValue(sources, one)))
  const [type] = [schema.type ?? 'object'].flat()
  switch (type) {
    case 'string':
      return textOf(sources, schema)
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1e6, 1e6) })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array': {
      const items = soundValue(sources, schema.items ?? {})
      return fc.array(items, { minLength: schema.minItems ?? 0, maxLength: 3 })
    }
    default:
      return objectOf(sources, schema)
  }
}

const textOf = ({ ids }: Sources, schema: JsonSchema): fc.Arbitrary<string> => {
  switch (schema.format) {
    case 'uuid':
      return fc.oneof(fc.constantFrom(...ids), fc.uuid())
    case 'email':
      return soundText.map((text) => `${text}@example.in`)
    case 'date-time':
    case 'date':
      return fc.date({
        min: new Date('2022-01-01T00:00:00Z'),
        max: new Date('2030-01-01T00:00:00Z'),
        noInvalidDate: true,
      }).map((date) =>
        schema.format === 'date' ? date.toISOString().slice(0, 10) : date.toISOString()
      )
    default: {
      const { minLength = 0, maxLength = 200 } = schema
      return soundText.map((text) => text.padEnd(minLength, 'x').slice(0, maxLength))
    }
  }
}

const objectOf = (sources: Sources, schema: JsonSchema): fc.Arbitrary<unknown> => {
  const members = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, one]) => [name, soundValue(sources, one)]),
  )
  const required = schema.required ?? []
  return fc.record(members, {
    requiredKeys: Object.keys(members).filter((k) => required.includes(k)),
  })
}

/** A sound body with something wrong in it; or something else altogether. */
export const hostileBody = (
  sources: Sources,
  schema: JsonSchema,
  example: unknown,
): fc.Arbitrary<unknown> => {
  const sound = fc.oneof(soundValue(sources, schema), fc.constant(example ?? {}))
  const names = Object.keys(resolve(sources.document, schema).properties ?? {})
  const name = fc.constantFrom(...names, canary, '__proto__', 'constructor', 'seller_id', 'id')
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(sound, name, hostileJson).map(([body, at, value]) =>
        withMember(body, at, value)
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(sound, name, hostileText).map(([body, at, value]) =>
        withMember(body, at, value)
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(sound, name).map(([body, at]) => withMember(body, at, undefined)),
    },
    { weight: 1, arbitrary: hostileJson },
  )
}

const withMember = (body: unknown, name: string, value: unknown): unknown => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return value
  // not by assignment: a member of this name would set the prototype
  return Object.fromEntries([...Object.entries(body), [name, value]])
}
