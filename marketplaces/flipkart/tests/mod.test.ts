import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import flipkart from '../mod.ts'

test('each operation that is asked for has its bucket, and every bucket is asked for', async () => {
  const sources = await Promise.all(
    ['client.ts', 'session.ts'].map((file) =>
      readFile(new URL(`../${file}`, import.meta.url), 'utf8')
    ),
  )
  const words = new Set(
    sources.flatMap((text) => [...text.matchAll(/'([a-z]+)'/g)].map(([, one]) => one)),
  )
  const operations = flipkart.limits?.map(({ operation }) => operation) ?? []
  expect(operations).toHaveLength(7)
  expect(operations.filter((operation) => !words.has(operation))).toEqual([])
})

test('one receiver, for the account alone', () => {
  expect(flipkart.webhooks?.map(({ path }) => path)).toEqual([''])
})
