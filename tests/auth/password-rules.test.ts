/** Which passwords may be chosen: OWASP ASVS 5, 6.2, line by line. */
import { describe, expect, it } from 'vitest'
import { commonPasswords } from '../../core/auth/common-passwords.ts'
import {
  passwordFaults,
  type PasswordOwner,
  requirePassword,
} from '../../core/auth/password-rules.ts'
import { isFault } from '../../core/errors.ts'

const owner: PasswordOwner = { email: 'asha.rao@textiles.example', sellerNames: ['Asha Textiles'] }
const reasonsFor = (password: string, whose = owner): readonly string[] =>
  passwordFaults(password, whose)
const is = (word: string) => [expect.stringContaining(word)]

describe('a password', () => {
  const taken: Readonly<Record<string, string>> = {
    'of 15 and more': 'correct horse battery staple',
    'of 8, without any rule of composition': 'qzvxkwpj',
    'of blanks and words': 'eleven   purple   geese ',
    'in another script': 'कुत्ता नीली छतरी',
    'of emoji': '🐘🌧️🪁🧵🥭🛕🪔🐯',
    'with digits alone, if they are no known ones': '49270318465',
    'of 1,024 characters': 'ab1-'.repeat(256),
    'of 1,024 characters beyond the basic plane': '𝛼🐘🪁🧵'.repeat(256),
    'with every kind of sign': `<script>'";--\\ \u00a0/*`,
  }
  it.each(Object.entries(taken))('may be %s', (_what, password) => {
    expect(reasonsFor(password)).toEqual([])
  })

  const refused: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
    'empty': ['', [...is('8 characters'), ...is('everybody')]],
    'of 7': ['qzvxkwp', is('at least 8 characters; 15 are advised')],
    'of 7 that look like more in another form': ['e\u0301'.repeat(3) + 'qzvx', is('8 char')],
    'of 1,025 characters': [`${'ab1-'.repeat(256)}x`, is('at most 1024')],
    'with NUL': ['qzvx\0kwpj', is('NUL')],
    'with half a character': ['qzvxkwpj\ud83d', is('whole characters')],
    'the best known': ['password', is('everybody')],
    'known, in capitals': ['PassWord1', is('everybody')],
    'known, in full-width letters': ['ｐａｓｓｗｏｒｄ', is('everybody')],
    'one character over and over': ['xxxxxxxxxxxxxxxx', is('everybody')],
    'two characters by turns': ['abababababababab', is('everybody')],
    'the address': ['asha.rao@textiles.example', is('address')],
    'the name in the address': ['Asha-Rao 2026', is('address')],
    'the domain of the address': ['textiles1', is('address')],
    'the name of the seller': ['ASHA textiles', is('address')],
    'the name of the seller and a year': ['ashatextiles2026', is('address')],
    'the product': ['robnu-1234', is('address')],
  }
  it.each(Object.entries(refused))('may not be %s', (_what, [password, reasons]) => {
    expect(reasonsFor(password)).toEqual(reasons)
  })

  it('may hold a name among other words', () => {
    expect(reasonsFor('asha.rao likes thunderstorms')).toEqual([])
    expect(reasonsFor('textiles by the river', { email: 'jo@x.example' })).toEqual([])
    // a name of two letters stands in too many words
    expect(reasonsFor('jolly sailors', { email: 'jo@x.example', sellerNames: ['Jo'] })).toEqual([])
  })

  it('is checked against far more than the 3,000 most common that the length would let pass', () => {
    const long = [...commonPasswords()].filter((word) => word.length >= 8)
    expect(long.length).toBeGreaterThan(15_000)
    for (const word of long.slice(0, 3_000)) {
      expect(reasonsFor(word).join(), word).toContain('everybody')
    }
    for (const word of ['12345678', 'iloveyou', 'trustno1', 'qwertyuiop', 'password123']) {
      expect(long).toContain(word)
    }
  })
})

describe('a password of staff', () => {
  const staff = { email: 'meera@robnu.example', isStaff: true }
  it('has 12 characters and four kinds of them', () => {
    expect(reasonsFor('Eleven geese 7', staff)).toEqual([])
    expect(reasonsFor('Eleven g 7!', staff)).toEqual(is('at least 12'))
    for (const one of ['eleven geese 7', 'ELEVEN GEESE 7', 'Eleven geese!', 'ElevenGeese77']) {
      expect(reasonsFor(one, staff), one).toEqual(is('must mix'))
    }
  })
})

describe('a refusal', () => {
  it('names every reason and not a letter of the password', () => {
    let thrown: unknown
    try {
      requirePassword('hunt\0', owner, '/next')
    } catch (error) {
      thrown = error
    }
    expect(isFault(thrown) && thrown.code).toBe('password-refused')
    expect(isFault(thrown) && thrown.errors.map(({ pointer }) => pointer)).toEqual([
      '/next',
      '/next',
    ])
    expect(JSON.stringify(thrown)).not.toContain('hunt')
    expect(() => requirePassword('eleven purple geese', owner)).not.toThrow()
  })
})
