/**
 * "Write a marketplace in an afternoon", from an empty folder, as its reader does it. Not in the suite:
 * `npm run proof -- tutorial`, which CI runs on both runtimes.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endProcessesOf } from '../start/processes.ts'
import { blocksOf } from './blocks.ts'
import { openReader, type Reader } from './reader.ts'

const page = new URL('../../marketplaces/README.md', import.meta.url)
const project = fileURLToPath(new URL('../..', import.meta.url))
const patienceMs = 5 * 60_000 // what the whole of it may take, and more than any step does

/** Of all that a marketplace must not change. */
const fingerprint = (): string => {
  const hash = createHash('sha256')
  for (const folder of ['core', 'migrations', 'plugins']) {
    const entries = readdirSync(join(project, folder), { withFileTypes: true, recursive: true })
    const files = entries.filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)).toSorted()
    for (const file of files) hash.update(file).update(readFileSync(file))
  }
  return hash.digest('hex')
}

describe('the tutorial', () => {
  const blocks = blocksOf(page)
  let afternoon = ''
  let before = ''
  let reader: Reader
  let isLost = false
  let totalMs = 0
  let told = ''
  beforeAll(async () => {
    before = fingerprint()
    afternoon = mkdtempSync(join(tmpdir(), 'robnu-afternoon-'))
    // PostgreSQL never runs as root: another user has to pass through
    chmodSync(afternoon, 0o711)
    reader = await openReader(afternoon)
  })
  afterAll(async () => {
    await endProcessesOf(afternoon)
    rmSync(afternoon, { recursive: true, force: true, maxRetries: 5 })
  })

  it('has steps to follow', () => {
    expect(blocks.length).toBeGreaterThan(8)
    expect(new Set(blocks.map(({ step }) => step)).size).toBe(4)
  })

  blocks.forEach((block, at) => {
    const [line = ''] = block.text.split('\n')
    it(`${block.step}: ${line}`, { timeout: patienceMs }, async () => {
      if (isLost) throw new Error('a step before this one has failed')
      const begun = performance.now()
      try {
        told = await reader.does(block)
      } catch (error) {
        isLost = true
        throw error
      }
      totalMs += performance.now() - begun
      if (at === blocks.length - 1) expect(told).not.toBe('')
    })
  })

  it('ends with orders of the new marketplace, those that wait on hold', () => {
    const orders: { data: { marketplace: string; on_hold: boolean; raw_status: string }[] } = JSON
      .parse(readFileSync(join(afternoon, 'shop', 'orders.json'), 'utf8'))
    expect(orders.data).toHaveLength(24)
    expect(new Set(orders.data.map(({ marketplace }) => marketplace))).toEqual(new Set(['HAAT']))
    const held = orders.data.filter(({ on_hold }) => on_hold)
    expect(new Set(held.map(({ raw_status }) => raw_status))).toEqual(new Set(['waiting']))
  })

  it('took less than five minutes, changed no file of the core, and leaves nothing running', async () => {
    expect(await reader.ends()).toEqual([])
    expect(fingerprint()).toBe(before)
    expect(totalMs).toBeLessThan(patienceMs)
    process.stdout.write(
      `Read: ${JSON.stringify({ steps: blocks.length, ms: Math.round(totalMs) })}\n`,
    )
  })
})
