import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { csvRecords } from 'robnu/testing'
import { expect, onTestFinished, test } from 'vitest'

const text = '\ufeffindex,Sales Channel ,note\r\n0,Shop,"a, b\n""c"""\r\n1,,\r\n'
const fileWith = async (name: string, content: string | Uint8Array) => {
  const dir = await mkdtemp(join(tmpdir(), 'csv-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, name), content)
  return join(dir, name)
}
const read = (path: string) => Array.fromAsync(csvRecords(path))

test('rows come by the names of their columns, packed or not', async () => {
  const wanted = [
    { 'index': '0', 'Sales Channel ': 'Shop', 'note': 'a, b\n"c"' },
    { 'index': '1', 'Sales Channel ': '', 'note': '' },
  ]
  expect(await read(await fileWith('a.csv', text))).toEqual(wanted)
  expect(await read(await fileWith('a.csv.gz', gzipSync(text)))).toEqual(wanted)
})

test('a file that is absent, cut off or ragged throws', async () => {
  await expect(read('/nowhere/a.csv')).rejects.toThrow('ENOENT')
  const packed = gzipSync('a,b\n' + '1,2\n'.repeat(10_000))
  await expect(read(await fileWith('a.csv.gz', packed.subarray(0, 60)))).rejects.toThrow()
  await expect(read(await fileWith('a.csv', 'a,b\n1,2,3\n'))).rejects.toThrow(
    'Invalid Record Length',
  )
})

test('whoever stops in the middle gets no error', async () => {
  const path = await fileWith('a.csv', 'a,b\n' + '1,2\n'.repeat(100_000))
  for await (const row of csvRecords(path)) {
    expect(row).toEqual({ a: '1', b: '2' })
    break
  }
})
