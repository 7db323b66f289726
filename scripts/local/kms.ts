/** An emulator of AWS KMS (symmetric keys) for development and tests, called with the bodies of its protocol. */
import { dataOperations } from './kms-data.ts'
import { kmsError } from './kms-errors.ts'
import { createTrouble, type Trouble } from './kms-trouble.ts'
import { keysOf } from './kms-keys.ts'
import { aliasOperations, keyOperations, tagOperations } from './kms-manage.ts'
import type { Answer, Operations } from './kms-operation.ts'
import { openKeyFile } from './kms-state.ts'

// these change no key, so nothing is written after them; whatever is not listed here is saved
const readOnly = /^(Describe|List|Get|Encrypt|Decrypt|ReEncrypt|Generate)/

export interface KmsOptions {
  /** Keeps the keys; absent: memory only. */
  readonly file?: string
  readonly region?: string
  readonly account?: string
  readonly now?: () => number
  /** Requests of a second beyond which it throttles, as AWS does; no bound when absent. */
  readonly perSecond?: number
}
export interface Kms {
  /** Answers one call, as `TrentService.<operation>` of AWS would; throws a `KmsError`. */
  readonly call: (operation: string, body: unknown) => Answer
  /** What is to go wrong: see `kms-trouble.ts`. */
  readonly trouble: Trouble
}

export const createKms = (options: KmsOptions = {}): Kms => {
  const { region = 'ap-south-1', account = '000000000000', now = Date.now } = options
  const { state, save } = openKeyFile(options.file)
  const keys = keysOf(state, { region, account }, now)
  const operations: Operations = {
    ...keyOperations(state, keys, now),
    ...aliasOperations(state, keys),
    ...tagOperations(keys),
    ...dataOperations(state, keys),
  }
  const trouble = createTrouble({ now, perSecond: options.perSecond })
  const call = (name: string, body: unknown): Answer => {
    if (trouble.isControl(name)) return trouble.control(body)
    trouble.meet(name)
    if (keys.settle()) save()
    const answer = Object.hasOwn(operations, name) ? operations[name]?.(body) : undefined
    if (!answer) throw kmsError('UnknownOperationException', `${name} is not emulated`)
    if (!readOnly.test(name)) save()
    return answer
  }
  return { call, trouble }
}
