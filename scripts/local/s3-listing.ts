/** S3's order of keys. fauxqs sorts by locale but continues a page by code unit, and so leaves out keys. */
import { Buffer } from 'node:buffer'
import type { S3Store } from './fauxqs.ts'

type List = S3Store['listObjects']
type Listing = ReturnType<List>

/** Wraps the store's own listing, which is asked for everything and then ordered and cut here. */
export const sortedListing = (list: List): List => (bucket, options = {}) => {
  const { prefix = '', delimiter, maxKeys = 1000 } = options
  const after = options.startAfter || options.marker || ''
  const all = list(bucket, { prefix, maxKeys: Infinity }).objects
  const sorted = all.sort((a, b) => compareKeys(a.key, b.key))

  const objects: Listing['objects'] = []
  const commonPrefixes = new Set<string>()
  for (const object of sorted) {
    const group = groupOf(object.key, prefix, delimiter)
    if (compareKeys(group ?? object.key, after) <= 0 || (group && commonPrefixes.has(group))) {
      continue
    }
    if (objects.length + commonPrefixes.size >= maxKeys) {
      return { objects, commonPrefixes: [...commonPrefixes], isTruncated: true }
    }
    if (group) commonPrefixes.add(group)
    else objects.push(object)
  }
  return { objects, commonPrefixes: [...commonPrefixes], isTruncated: false }
}

/** By UTF-8 bytes, as S3. */
const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const groupOf = (key: string, prefix: string, delimiter?: string): string | undefined => {
  if (!delimiter) return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}
