/** Words of the checks: what was wanted, what was found, and no buyer's data. */

export const fail = (message: string): never => {
  throw new Error(message)
}

const leftOut = new WeakSet<Error>()
/** The check has nothing to look at here, and says why: it is left out, and has not passed. */
export const leaveOut = (reason: string): never => {
  const error = new Error(reason)
  leftOut.add(error)
  throw error
}
export const isLeftOut = (error: unknown): error is Error =>
  error instanceof Error && leftOut.has(error)

/** Rejects with the message where it does not hold. */
export const need = (holds: boolean, message: string): Promise<void> =>
  holds ? Promise.resolve() : Promise.reject(new Error(message))

/** What JSON keeps of a value, to compare or to look into. */
export const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))

/** Buyers' data has no place in a message. */
const isPrivate = (path: string): boolean => /(^|\.)(customer|billTo)(\.|$)/.test(path)

/** Where two plain values differ, and how; undefined where they are the same. */
export const differenceOf = (wanted: unknown, found: unknown, path = ''): string | undefined => {
  if (Object.is(wanted, found)) return undefined
  if (isObject(wanted) && isObject(found) && Array.isArray(wanted) === Array.isArray(found)) {
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
      const deeper = path === '' ? name : `${path}.${name}`
      const difference = differenceOf(wanted[name], found[name], deeper)
      if (difference !== undefined) return difference
    }
    return undefined
  }
  if (isPrivate(path)) return `${path} differs`
  return `${path}: wanted ${shown(wanted)}, found ${shown(found)}`
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const shown = (value: unknown): string => {
  if (isObject(value)) return Array.isArray(value) ? 'a list' : 'an object'
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
