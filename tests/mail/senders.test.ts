/** Where mails go: a folder, or an address of the operator's. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMailHook } from '../../core/mail/hook.ts'
import { createOutbox } from '../../core/mail/outbox.ts'
import { noMailer } from '../../core/mail/post.ts'

const mail = {
  id: '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1b',
  to: 'asha@example.in',
  subject: 'Ein Gruß',
  text: 'नमस्ते\nsecond line',
}

describe('the folder', () => {
  it('gets a file for each mail, which its owner alone may read', async () => {
    const outer = await mkdtemp(join(tmpdir(), 'robnu-mail-'))
    onTestFinished(() => rm(outer, { recursive: true, force: true }))
    const folder = join(outer, 'deep', 'outbox')
    const now = () => new Date('2026-02-01T10:20:30.456Z')
    const outbox = createOutbox({ folder, from: 'Robnu <no-reply@robnu.invalid>', now })
    await outbox.send(mail)
    const name = `2026-02-01T10-20-30.456Z-${mail.id}.eml`
    expect(readdirSync(folder)).toEqual([name])
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(folder, name), 'utf8').split('\r\n')).toEqual([
      'From: Robnu <no-reply@robnu.invalid>',
      'To: asha@example.in',
      'Subject: Ein Gruß',
      'Date: Sun, 01 Feb 2026 10:20:30 +0000',
      `Message-ID: <${mail.id}@robnu.invalid>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      ...['', 'नमस्ते', 'second line', ''],
    ])
    // never over another one
    await expect(outbox.send(mail)).rejects.toThrow('EEXIST')
  })
})

describe('the hook', () => {
  const listen = async (answer: RequestListener): Promise<string> => {
    const server = createServer(answer).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/mail`
  }
  const read = async (request: IncomingMessage): Promise<string> => {
    let text = ''
    for await (const chunk of request) text += chunk
    return text
  }

  it('is given the mail as JSON, with the token', async () => {
    const seen: unknown[] = []
    const url = await listen(async (request, response) => {
      const { method, headers } = request
      seen.push([
        method,
        headers['content-type'],
        headers.authorization,
        JSON.parse(await read(request)),
      ])
      response.writeHead(202).end('{}')
    })
    await createMailHook({ url, token: 't0ken', fetch }).send(mail)
    await createMailHook({ url, fetch }).send(mail)
    expect(seen).toEqual([
      ['POST', 'application/json', 'Bearer t0ken', mail],
      ['POST', 'application/json', undefined, mail],
    ])
  })

  it('says no by its status, and is followed nowhere else', async () => {
    const url = await listen((_request, response) => void response.writeHead(503).end('later'))
    await expect(createMailHook({ url, fetch }).send(mail)).rejects.toThrow('answered 503')
    let elsewhere = 0
    const target = await listen((_request, response) => {
      elsewhere++
      response.writeHead(200).end()
    })
    const away = await listen((_request, response) =>
      void response.writeHead(307, { location: target }).end()
    )
    await expect(createMailHook({ url: away, fetch }).send(mail)).rejects.toThrow()
    expect(elsewhere).toBe(0)
  })

  it('that nobody has named sends nothing', async () => {
    await expect(noMailer.send(mail)).rejects.toThrow('set ROBNU_MAIL_HOOK')
  })
})
