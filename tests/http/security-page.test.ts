/** The page about security says nothing that has no test, and is readable by whatever reads. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chapters } from '../../core/http/security-claims.ts'
import { makeWorld } from './fakes.ts'

const root = new URL('../../', import.meta.url)
const claims = chapters.flatMap((chapter) => chapter.claims)
const contact = 'mailto:security@example.in?subject=a&body=b'
const pageFor = async (securityContact?: string) => {
  const world = await makeWorld({
    deps: securityContact === undefined
      ? {}
      : { securityContact, origin: 'https://api.example.in' },
  })
  return { world, html: await (await world.ask('/security')).text() }
}

describe('/security', () => {
  it('proves each sentence by tests that are there and assert something', async () => {
    expect(claims.length).toBeGreaterThan(15)
    const { world, html } = await pageFor()
    const linked = [...html.matchAll(/<a href="(\/security\/proofs\/[^"]+)">([^<]+)<\/a>/g)]
    expect(linked.length).toBe(claims.flatMap(({ proofs }) => proofs).length)
    for (const { says, proofs } of claims) {
      expect(proofs.length, says).toBeGreaterThan(0)
      // at least one of them runs by itself
      expect(proofs.some((path) => path.endsWith('.test.ts')), says).toBe(true)
    }
    for (const [, href = '', path = ''] of linked) {
      const source = readFileSync(new URL(path, root), 'utf8')
      if (path.endsWith('.test.ts')) expect(source, path).toMatch(/\bexpect\(/)
      const served = await world.ask(href)
      expect([path, served.status, await served.text()]).toEqual([path, 200, source])
    }
  })

  it('serves no other file', async () => {
    const { world } = await pageFor()
    const names = ['package.json', '..~package.json', 'core~config.ts', '%2e%2e%2fpackage.json']
    for (const name of [...names, 'tests~support~database.ts', '.robnu~demo.json', '__proto__']) {
      expect((await world.ask(`/security/proofs/${name}`)).status, name).toBe(404)
    }
  })

  it('is a page that needs neither script nor style, with one main part and one heading', async () => {
    const { html } = await pageFor(contact)
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    for (const tag of ['h1', 'main', 'title']) {
      expect(html.match(new RegExp(`<${tag}>`, 'g')), tag).toHaveLength(1)
    }
    expect(html).toContain('name="viewport"')
    expect(html).not.toMatch(/<(?:script|style|link|img|iframe|form|input)\b|\sstyle=|\son\w+=/i)
    // every tag that is opened is closed, but for those that hold nothing
    const open: string[] = []
    for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
      if (name === 'meta') continue
      if (slash === '') open.push(name)
      else expect(open.pop()).toBe(name)
    }
    expect(open).toEqual([])
    // headings do not jump
    expect([...html.matchAll(/<h(\d)>/g)].map(([, level]) => level).join(''))
      .toMatch(/^12+$/)
    expect(html).toContain('&amp;body=b')
    expect(html).not.toContain('&body=b')
  })
})

describe('/.well-known/security.txt', () => {
  it('is there when a contact is configured, in the form of RFC 9116', async () => {
    const { world } = await pageFor(contact)
    const response = await world.ask('/.well-known/security.txt')
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const lines = (await response.text()).split('\r\n')
    expect(lines.pop()).toBe('')
    const fields = lines.map((line) => /^([A-Z][A-Za-z-]+): (\S.*)$/.exec(line)?.slice(1))
    expect(fields).toEqual([
      ['Contact', contact],
      ['Expires', expect.any(String)],
      ['Preferred-Languages', 'en'],
      ['Canonical', 'https://api.example.in/.well-known/security.txt'],
      ['Policy', 'https://api.example.in/security'],
    ])
    const expires = Date.parse(fields[1]?.[1] ?? '')
    const days = (expires - world.clock.now) / 86_400_000
    expect(days).toBeGreaterThan(30)
    expect(days).toBeLessThan(365)
  })

  it('is nothing without one, and the page says so', async () => {
    const { world, html } = await pageFor()
    expect((await world.ask('/.well-known/security.txt')).status).toBe(404)
    expect(html).toContain('has named no contact')
    expect(html).not.toContain('security.txt')
  })
})
