/** Addresses of people: one spelling for each, and nothing that only looks like another. */

const most = 254 // RFC 5321

/**
 * What an address is stored and looked up by: without blanks around it, ASCII letters small. Nothing
 * else is taken for the same: a full-width sign, a Kelvin sign or a letter of another alphabet makes
 * another address, so that no look-alike ever leads to somebody's account.
 */
export const normalEmail = (text: string): string =>
  text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '').replace(
    /[A-Z]+/g,
    (letters) => letters.toLowerCase(),
  )

/**
 * Whether a mail may go to this normal form. Refuses what people cannot tell apart from something
 * else: forms that NFKC would change, blanks, controls and marks of direction.
 */
export const isEmail = (normal: string): boolean => {
  if (normal.length > most || normal !== normal.normalize('NFKC')) return false
  if (/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(normal)) return false
  const [local, domain, ...more] = normal.split('@')
  if (local === undefined || domain === undefined || more.length > 0) return false
  return local.length <= 64 && /^[^.,:;<>()[\]\\"]+(?:\.[^.,:;<>()[\]\\"]+)*$/.test(local) &&
    /^(?:[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?\.)+[\p{L}\p{M}\p{N}-]{2,63}$/u
      .test(domain)
}
