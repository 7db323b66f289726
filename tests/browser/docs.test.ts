/** The documentation page as a person meets it: in a browser, with nothing from outside. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDemoFile } from '../start/demo.ts'
import { launch, type Launched, type TempHome, tempHome } from '../start/launcher.ts'

const executablePath = process.env['ROBNU_BROWSER']

describe.skipIf(!executablePath)('the page at /docs (needs npm run test:browser)', () => {
  let home: TempHome
  let launched: Launched
  let browser: Browser
  let page: Page
  let url: string
  const asked: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    home = tempHome()
    launched = launch({ home: home.path })
    await launched.says(/^Serving at/)
    url = readDemoFile(home.path).url
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      // Chromium's own sandbox refuses root
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    page = await browser.newPage()
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(`${url}/docs`)
    await page.waitForSelector('.opblock')
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    launched?.send('SIGINT')
    await launched?.ended
    await home?.remove()
  })

  test('lists every operation of the document', async () => {
    const document = await (await fetch(`${url}/openapi.json`)).json() as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    }
    const operations = Object.entries(document.paths)
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((one) => `${one.toUpperCase()} ${path}`)
      )
    expect(operations.length).toBeGreaterThan(10)
    const shown = await page.$$eval('.opblock-summary', (all) =>
      all.map((one) => {
        const method = one.querySelector('.opblock-summary-method')?.textContent ?? ''
        // the page puts invisible marks between the parts of a path, to break lines there
        const path = one.querySelector('.opblock-summary-path')?.textContent ?? ''
        return `${method} ${path.replaceAll('\u200b', '')}`
      }))
    expect(shown.toSorted()).toEqual(operations.toSorted())
  })

  test('tries a request out and shows the answer', async () => {
    const operation = page.locator('.opblock', { hasText: '/healthz' })
    await operation.locator('.opblock-summary').click()
    await operation.getByRole('button', { name: 'Execute' }).click()
    const answer = operation.locator('.live-responses-table')
    await answer.waitFor()
    expect(await answer.locator('.response-col_status').last().innerText()).toMatch(/^200/)
    expect(await answer.innerText()).toMatch(/"status":\s*"ok"/)
    const screenshot = join(mkdtempSync(join(tmpdir(), 'robnu-docs-')), 'docs.png')
    await page.screenshot({ path: screenshot, fullPage: true })
    process.stdout.write(`Screenshot: ${screenshot}\n`)
  })

  test('asks nobody but us, and the console stays silent', () => {
    expect(asked).toContain(`${url}/healthz`)
    expect(asked.length).toBeGreaterThan(4)
    const elsewhere = asked.filter((one) => !one.startsWith(`${url}/`) && !one.startsWith('data:'))
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  })
})
