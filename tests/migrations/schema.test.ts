/** The schema as it was reviewed: whoever changes it has to look at `migrations/schema.sql`. */
import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, it } from 'vitest'
import { readCatalog } from '../../core/db/catalog.ts'
import { coreLine, emptyDatabase } from './empty-database.ts'
import { schemaText } from './schema-text.ts'

const file = new URL('../../migrations/schema.sql', import.meta.url)

const migratedText = async (): Promise<string> => {
  const database = await emptyDatabase()
  try {
    await database.migrate(await coreLine())
    return schemaText(await database.asOwner(readCatalog))
  } finally {
    await database.close()
  }
}

it('the migrations make the schema of migrations/schema.sql', async () => {
  const text = await migratedText()
  expect(text.match(/^create table /gm)?.length).toBeGreaterThan(20)
  expect(text.match(/^create function /gm)?.length).toBeGreaterThan(20)
  if (process.env.ROBNU_WRITE_SCHEMA === '1') await writeFile(file, text)
  expect(text).toBe(await readFile(file, 'utf8'))
})

it('the text is the same for every database', async () => {
  expect(await migratedText()).toBe(await migratedText())
})
