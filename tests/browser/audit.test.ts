/** The verifier of audit trails as a page would use it: in a browser, with nothing but the file. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestLine } from '../../core/audit/export-lines.ts'
import { type OfflineScript, offlineScript } from '../../scripts/proof/support/judging.ts'
import { chainOf, digestsOf, exportText, newSigner } from '../audit/chains.ts'

const executablePath = process.env['ROBNU_BROWSER']
// a page may use WebCrypto when it came by https
const origin = 'https://page.invalid'

describe.skipIf(!executablePath)('the verifier in a page (needs npm run test:browser)', () => {
  let browser: Browser
  let page: Page
  const asked: string[] = []
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      // Chromium's own sandbox refuses root
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    page = await browser.newPage()
    await page.route('**/*', async (route) => {
      asked.push(route.request().url())
      const isScript = route.request().url().endsWith('.mjs')
      await route.fulfill({
        contentType: isScript ? 'text/javascript' : 'text/html',
        body: isScript ? readFileSync(offlineScript, 'utf8') : '<!doctype html>',
      })
    })
    await page.goto(`${origin}/`)
    // as text: the runner of this test would rewrite an import
    const content = `import * as verifier from '/verify-audit.mjs'\nglobalThis.verifier = verifier`
    await page.addScriptTag({ type: 'module', content })
    await page.waitForFunction('globalThis.verifier')
  }, 60_000)
  afterAll(() => browser?.close())

  const verified = (given: {
    readonly text: string
    readonly kept: string
    readonly keys: unknown
  }) =>
    page.evaluate(async ({ text, kept, keys }) => {
      const { verifier: script } = globalThis as unknown as { readonly verifier: OfflineScript }
      const began = performance.now()
      const report = await script.verifyExport(text, { kept: script.readKept(kept), keys })
      return { ...report, ms: performance.now() - began }
    }, given)

  test('says OK, and names the first bad event', async () => {
    const [signer, rows] = [newSigner(), chainOf(2_000)]
    const digests = digestsOf(rows, signer, 500)
    const kept = digests.map(digestLine).join('\n')
    const keys = { keys: signer.publicKeys }
    const good = await verified({ text: exportText(rows, digests), kept, keys })
    expect(good).toMatchObject({ ok: true, events: 2_000, provenTo: 2_000, notes: [] })
    process.stdout.write(`In Chromium: ${Math.round(2_000 / good.ms * 1_000)} events a second\n`)
    const bad = await verified({ text: exportText(rows.toSpliced(1_200, 1), digests), kept, keys })
    expect(bad).toMatchObject({ ok: false, faults: [{ seq: 1_201, reason: 'missing' }] })
    const stranger = { keys: newSigner().publicKeys }
    const forged = await verified({ text: exportText(rows, digests), kept, keys: stranger })
    expect(forged).toMatchObject({ ok: false, faults: [{ seq: 1, reason: 'digest-forged' }, {}] })
  })

  test('asks for nothing but itself', () => {
    expect(asked.filter((url) => !url.endsWith('/favicon.ico')))
      .toEqual([`${origin}/`, `${origin}/verify-audit.mjs`])
  })
})
