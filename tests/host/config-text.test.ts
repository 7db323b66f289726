/** robnu.config.json is changed one entry at a time, and whole or not at all. */
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  differenceOf,
  emptyConfig,
  replaceText,
  withEntry,
  withNewEntry,
} from '../../scripts/plugins/config-text.ts'
import { folderOf } from './support/plugins.ts'

const text = `{
  "$schema": "./schema.json",
  "plugins": [
    { "use": "./a", "config": { "key": { "$env": "KEY" } } },
    { "use": "./b" }
  ]
}
`

describe('an entry', () => {
  it('is changed without a trace in the others', () => {
    const changed = withEntry(text, './b', { enabled: false })
    expect(differenceOf(text, changed)).toEqual([
      '-     { "use": "./b" }',
      '+     { "use": "./b", "enabled": false }',
    ])
    expect(withEntry(changed, './b', { enabled: undefined })).toBe(text)
  })

  it('is added as the last one, over lines where it is long', () => {
    const config = { words: Array.from({ length: 20 }, (_, at) => `word ${at}`) }
    const more = withNewEntry(text, { use: './c', config, enabled: false })
    expect(JSON.parse(more).plugins[2]).toEqual({ use: './c', config, enabled: false })
    expect(more.startsWith(text.slice(0, text.indexOf('./b')))).toBe(true)
    for (const line of more.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(withNewEntry(emptyConfig, { use: './c' })).toBe(
      '{\n  "plugins": [\n    { "use": "./c" }\n  ]\n}\n',
    )
  })
})

describe('the file', () => {
  const files = async (path: string) => (await readdir(join(path, '..'))).toSorted()

  it('keeps its mode and the link that leads to it, and leaves nothing beside it', async () => {
    const folder = await folderOf({ 'real.json': text })
    const link = join(folder, 'robnu.config.json')
    await symlink('real.json', link)
    await chmod(join(folder, 'real.json'), 0o600)
    await replaceText(link, text, emptyConfig)
    expect(await readFile(link, 'utf8')).toBe(emptyConfig)
    expect((await stat(link)).mode & 0o777).toBe(0o600)
    expect((await lstat(link)).isSymbolicLink()).toBe(true)
    expect(await files(link)).toEqual(['real.json', 'robnu.config.json'])
  })

  it('that somebody has changed meanwhile is left as it is', async () => {
    const path = join(await folderOf({ 'robnu.config.json': text }), 'robnu.config.json')
    await writeFile(path, '{}')
    await expect(replaceText(path, text, emptyConfig)).rejects.toThrow('changed meanwhile')
    expect(await readFile(path, 'utf8')).toBe('{}')
  })

  it('that is not there is made', async () => {
    const path = join(await folderOf({}), 'robnu.config.json')
    await replaceText(path, emptyConfig, text)
    expect(await readFile(path, 'utf8')).toBe(text)
  })
})
