/** Invented GSTINs with a true check character. */
import { hashOf } from 'robnu/testing'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** State code, an invented PAN of a company, entity 1, `Z`, check character. */
export const gstinFor = (stateCode: string, name: string): string => {
  const letters = Array.from(
    { length: 4 },
    (_, at) => alphabet[10 + hashOf(at, `pan/${name}`) % 26] ?? 'A',
  ).join('')
  const number = String(hashOf(9, `pan/${name}`) % 10_000).padStart(4, '0')
  // the fourth letter of a PAN tells the kind of holder: C is a company
  const body = `${stateCode}${letters.slice(0, 3)}C${letters.slice(3)}${number}K1Z`
  return body + checkCharacter(body)
}

/** Base 36, factors 1 and 2 in turn, the digits of each product added. */
const checkCharacter = (body: string): string => {
  let sum = 0
  for (const [at, character] of [...body].entries()) {
    const product = alphabet.indexOf(character) * (at % 2 === 0 ? 1 : 2)
    sum += Math.floor(product / 36) + product % 36
  }
  return alphabet[(36 - sum % 36) % 36] ?? '0'
}
