/** Amazon's own models, where they lie beside the repository: every request and every answer by them. */
import { Ajv, type ValidateFunction } from 'ajv'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FakeAnswer, FakeRequest } from 'robnu/testing'

const folder = '../shared/data/openapi/amazon'
const path = (name: string): string =>
  fileURLToPath(new URL(`../../../${folder}/${name}`, import.meta.url))

// deno-lint-ignore no-explicit-any -- Swagger documents, walked by name
export type Any = any

export interface Operation {
  /** As the model calls it; of two with one name, the first is that of the newer model. */
  readonly id: string
  readonly method: string
  readonly path: string
  readonly spec: Any
  /** Of the definition of this name in the operation's own model. */
  readonly validate: (schema: Any, value: unknown) => string | undefined
}
export interface Models {
  readonly operations: readonly Operation[]
  readonly find: (method: string, pathname: string) => Operation | undefined
}

/** Undefined where the models are not there; `missing` says so in a sentence. */
export const loadModels = async (): Promise<Models | undefined> => {
  const files = await readdir(path('')).catch(() => undefined)
  if (!files) return undefined
  const operations: Operation[] = []
  const older = (name: string) => /V0/.test(name) ? 1 : 0
  const models = files.filter((name) => name.endsWith('.json')).toSorted()
  for (const file of models.toSorted((one, other) => older(one) - older(other))) {
    const model: Any = JSON.parse(await readFile(path(file), 'utf8'))
    const validate = validator(model)
    for (const [at, methods] of Object.entries<Any>(model.paths)) {
      for (const [method, spec] of Object.entries<Any>(methods)) {
        if (!spec.operationId) continue
        const parameters = [...methods.parameters ?? [], ...spec.parameters ?? []]
          .map((one) => one.$ref ? model.parameters[one.$ref.split('/').at(-1)] : one)
        operations.push({
          ...{ id: spec.operationId, method: method.toUpperCase(), path: at, validate },
          spec: { ...spec, parameters },
        })
      }
    }
  }
  return {
    operations,
    find: (method, pathname) =>
      operations.find((one) => one.method === method && isPathOf(one.path, pathname)),
  }
}
export const missing = `Not checked against Amazon's models: there is no "${folder}"\n`

const isPathOf = (pattern: string, pathname: string): boolean => {
  const [wanted, given] = [pattern.split('/'), pathname.split('/')]
  return wanted.length === given.length &&
    wanted.every((part, at) => part.startsWith('{') ? given[at] !== '' : part === given[at])
}

/** Schemas of one model, closed: a member that Amazon does not know is a fault. */
const validator = (model: Any): Operation['validate'] => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
  for (const format of ['int32', 'int64', 'double', 'float', 'bigdecimal', 'password', 'uri']) {
    ajv.addFormat(format, true)
  }
  const definitions = closed(structuredClone(model.definitions ?? {}), partsOf(model))
  const known = new Map<string, ValidateFunction>()
  return (schema, value) => {
    const key = JSON.stringify(schema)
    const validate = known.get(key) ?? ajv.compile({ definitions, ...schema })
    known.set(key, validate)
    if (validate(value)) return undefined
    return JSON.stringify(validate.errors?.slice(0, 3))
  }
}

/** Definitions that are a part of another one: closed, they would refuse its other members. */
const partsOf = (node: Any, found = new Set<string>()): ReadonlySet<string> => {
  if (typeof node !== 'object' || node === null) return found
  for (const part of Array.isArray(node.allOf) ? node.allOf : []) {
    if (part.$ref) found.add(part.$ref.split('/').at(-1))
  }
  for (const child of Object.values(node)) partsOf(child, found)
  return found
}

const closed = (definitions: Any, parts: ReadonlySet<string>): Any => {
  const close = (node: Any, inPart: boolean): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [name, child] of Object.entries(node)) close(child, inPart || name === 'allOf')
    if (node.type === 'object' && node.properties && !inPart) node.additionalProperties ??= false
  }
  for (const [name, node] of Object.entries(definitions)) close(node, parts.has(name))
  return definitions
}

/** What is wrong with a request of the adapter; undefined: nothing. */
export const requestFault = (
  operation: Operation,
  { url, body }: Pick<FakeRequest, 'url' | 'body'>,
): string | undefined => {
  const { parameters } = operation.spec
  const queries = parameters.filter((one: Any) => one.in === 'query')
  for (const [name, value] of url.searchParams) {
    const parameter = queries.find((one: Any) => one.name === name)
    if (!parameter) return `the model knows no parameter "${name}"`
    const fault = parameterFault(parameter, value)
    if (fault) return `${name}: ${fault}`
  }
  for (const { name, required } of queries) {
    if (required && !url.searchParams.has(name)) return `the parameter "${name}" is missing`
  }
  const wanted = parameters.find((one: Any) => one.in === 'body')
  if (!wanted) return body ? 'there is a body, and the model knows none' : undefined
  if (!body) return wanted.required ? 'the body is missing' : undefined
  return operation.validate(wanted.schema, JSON.parse(body))
}

const parameterFault = (parameter: Any, value: string): string | undefined => {
  const isList = parameter.type === 'array'
  const values = isList ? value.split(',') : [value]
  if (values.length > (parameter.maxItems ?? Infinity)) return `has ${values.length} values`
  const words: readonly string[] | undefined = isList ? parameter.items?.enum : parameter.enum
  const form = isList ? parameter.items : parameter
  for (const one of values) {
    if (words && !words.includes(one)) return `"${one}" is no word of it`
    if (form.pattern && !new RegExp(form.pattern).test(one)) return `"${one}" has another form`
    if (form.format === 'date-time' && Number.isNaN(Date.parse(one))) return `"${one}" is no time`
    if (form.type === 'boolean' && !/^(true|false)$/.test(one)) return `"${one}" is no boolean`
    if (form.type === 'integer') {
      const number = Number(one)
      const fits = number >= (form.minimum ?? -Infinity) && number <= (form.maximum ?? Infinity)
      if (!/^-?\d+$/.test(one) || !fits) return `"${one}" is out of bounds`
    }
  }
  return undefined
}

/** What is wrong with an answer of the sandbox; undefined: nothing. */
export const answerFault = (
  operation: Operation,
  { status = 200, body }: Pick<FakeAnswer, 'status' | 'body'>,
): string | undefined => {
  const response = operation.spec.responses[status]
  if (!response) return `the model knows no answer with status ${status}`
  // some answers have no body
  if (!response.schema) return undefined
  return operation.validate(response.schema, body)
}

/** Amazon's own pairs: what its sandbox answers to an operation, by the status. */
export const samplesOf = ({ spec }: Operation): { status: number; response: unknown }[] =>
  Object.entries<Any>(spec.responses).flatMap(([status, answer]) =>
    (answer['x-amzn-api-sandbox']?.static ?? [])
      .filter(({ response }: Any) => response !== undefined)
      .map(({ response }: Any) => ({ status: Number(status), response }))
  )
