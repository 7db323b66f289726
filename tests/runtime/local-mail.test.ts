/** The local mail hook: what the app sends becomes a file, and what anybody else sends does not. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMailHook } from '../../core/mail/hook.ts'
import { newId } from '../../core/ids.ts'
import { startMail } from '../../scripts/local/mail.ts'

const mail = { to: 'asha@example.in', subject: 'Hello', text: 'A link' }
const start = async () => {
  const outer = mkdtempSync(join(tmpdir(), 'robnu-outbox-'))
  const folder = join(outer, 'outbox')
  const running = await startMail({ folder, token: 'the-token' })
  onTestFinished(async () => {
    await running.stop()
    rmSync(outer, { recursive: true, force: true })
  })
  return { ...running, folder }
}

describe('the local mail hook', () => {
  it('writes what the app sends to a file that only its owner reads', async () => {
    const { url, folder } = await start()
    const hook = createMailHook({ url, token: 'the-token', fetch })
    const ids = [newId(), newId()]
    for (const id of ids) await hook.send({ ...mail, id })
    const files = readdirSync(folder).toSorted()
    expect(files.map((name) => name.slice(-40, -4)).toSorted()).toEqual(ids.toSorted())
    for (const name of files) {
      expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-/)
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(folder, name), 'utf8')).toContain('To: asha@example.in\r\n')
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('takes nothing from a page, and nothing that is no mail', async () => {
    const { url, folder } = await start()
    const statusOf = async (init: RequestInit) => (await fetch(url, init)).status
    const body = JSON.stringify({ ...mail, id: newId() })
    expect(await statusOf({ method: 'POST', body })).toBe(403)
    expect(await statusOf({ method: 'POST', body, headers: { authorization: 'Bearer no' } })).toBe(
      403,
    )
    const headers = { authorization: 'Bearer the-token' }
    expect(await statusOf({ headers })).toBe(403)
    for (
      const odd of ['', '{', '[]', JSON.stringify({ ...mail, id: '../../x' }), 'x'.repeat(300_000)]
    ) {
      expect(await statusOf({ method: 'POST', body: odd, headers })).toBe(400)
    }
    expect(readdirSync(folder)).toEqual([])
  })
})
