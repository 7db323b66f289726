/** Mails on their way out: behind the answer, again when it fails, and into a log without a word. */
import { describe, expect, it } from 'vitest'
import { createLog } from '../../core/log.ts'
import type { Mail } from '../../core/mail/mail.ts'
import { createPost } from '../../core/mail/post.ts'

const mail: Mail = { to: 'asha@example.in', subject: 'Hello', text: 'A token: s3cret-token' }

const make = (send: (mail: Mail & { id: string }, tries: number) => Promise<void>) => {
  const lines: string[] = []
  const slept: number[] = []
  let tries = 0
  const post = createPost({
    mailer: { send: (one) => send(one, ++tries) },
    log: createLog((line) => lines.push(line), () => new Date(0)),
    sleep: (ms) => Promise.resolve(void slept.push(ms)),
  })
  return { post, lines, slept, tries: () => tries }
}

describe('a mail', () => {
  it('leaves behind the answer, and is sent once', async () => {
    const sent: Mail[] = []
    const { post, lines, tries } = make((one) => Promise.resolve(void sent.push(one)))
    post.sendLater(mail)
    await Promise.resolve()
    expect(tries()).toBe(0)
    await post.drain()
    expect(sent).toEqual([{ ...mail, id: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('"mail.sent"')
    expect(lines[0]).not.toMatch(/s3cret|asha|Hello/)
  })

  it('is tried three times under one id, then given up', async () => {
    const ids = new Set<string>()
    const { post, lines, slept, tries } = make((one) => {
      ids.add(one.id)
      return Promise.reject(new Error('The mail hook answered 500'))
    })
    post.sendLater(mail)
    await post.drain()
    expect([tries(), slept, ids.size]).toEqual([3, [1_000, 5_000], 1])
    expect(lines.join()).toContain('mail.failed')
    expect(lines.join()).not.toMatch(/s3cret|asha/)
  })

  it('that fails at first arrives', async () => {
    const { post, lines, tries } = make((_mail, at) =>
      at < 3 ? Promise.reject(new Error('no')) : Promise.resolve()
    )
    post.sendLater(mail)
    await post.drain()
    expect(tries()).toBe(3)
    expect(lines.join()).toContain('mail.sent')
    expect(lines.join()).not.toContain('mail.failed')
  })

  it('that is waited for tells whether it has left', async () => {
    const { post, tries } = make((_mail, at) =>
      at < 6 ? Promise.reject(new Error('no')) : Promise.resolve()
    )
    expect([await post.send(mail), tries()]).toEqual([false, 3])
    expect([await post.send(mail), tries()]).toEqual([true, 6])
  })

  it('that hangs holds up no other', async () => {
    const hung = Promise.withResolvers<void>()
    const sent: string[] = []
    const { post } = make((one) => {
      if (one.subject === 'hangs') return hung.promise
      sent.push(one.subject)
      return Promise.resolve()
    })
    post.sendLater({ ...mail, subject: 'hangs' })
    for (let at = 0; at < 20; at++) post.sendLater({ ...mail, subject: `${at}` })
    while (sent.length < 20) await new Promise((resolve) => setTimeout(resolve))
    hung.resolve()
    await post.drain()
    expect(sent).toHaveLength(20)
  })

  it('whose header would begin another line is not sent at all', () => {
    const { post } = make(() => Promise.resolve())
    for (const odd of ['\r\nBcc: x@y.in', '\n', '\0', '\u2028']) {
      expect(() => post.sendLater({ ...mail, to: `a@b.in${odd}` })).toThrow('control characters')
      expect(() => post.sendLater({ ...mail, subject: `Hi${odd}` })).toThrow('control characters')
    }
  })
})

describe('work behind the answer', () => {
  it('is done in turn, whatever becomes of the one before, and waited for', async () => {
    const done: number[] = []
    const { post, lines } = make(() => Promise.resolve())
    for (let at = 0; at < 30; at++) {
      post.later(() => {
        done.push(at)
        return at % 7 === 0 ? Promise.reject(new Error('broken')) : Promise.resolve()
      })
    }
    post.later(() => Promise.resolve(post.sendLater(mail)))
    await post.drain()
    expect(done).toEqual(Array.from({ length: 30 }, (_, at) => at))
    expect(lines.filter((line) => line.includes('mail.failed'))).toHaveLength(5)
    expect(lines.filter((line) => line.includes('mail.sent'))).toHaveLength(1)
  })

  it('is bounded', async () => {
    const { post, lines } = make(() => Promise.resolve())
    let done = 0
    for (let at = 0; at < 11_000; at++) post.later(() => Promise.resolve(void done++))
    await post.drain()
    expect(done).toBe(10_000)
    expect(lines.filter((line) => line.includes('mail.dropped'))).toHaveLength(1_000)
  })
})

describe('closing', () => {
  it('sends what waits, and tries nothing again', async () => {
    const { post, tries, slept } = make(() => Promise.reject(new Error('no')))
    post.sendLater(mail)
    await post.close()
    expect([tries(), slept]).toEqual([1, []])
  })

  it('waits for no mail that hangs for ever', async () => {
    const { post } = make(() => new Promise(() => {}))
    post.sendLater(mail)
    await expect(post.close(20)).resolves.toBeUndefined()
  })
})
