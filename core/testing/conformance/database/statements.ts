/** The statements of an SQL file, without comments and with their texts emptied: to look for words. */

/** In lower case, one blank between words; a text is `''`, a dollar-quoted body `$$…$$` stays a text. */
export const statementsOf = (sql: string): readonly string[] =>
  withoutTexts(sql).split(';').map((one) => one.replaceAll(/\s+/g, ' ').trim().toLowerCase())
    .filter((one) => one !== '')

/** What stands between `$$` and `$$` is code as well: it is looked at too. */
export const bodiesOf = (sql: string): readonly string[] =>
  [...sql.matchAll(/\$(\w*)\$([^]*?)\$\1\$/g)].flatMap(([, , body = '']) => statementsOf(body))
    // the words of a block are no statements
    .map((one) => one.replace(/^(?:(?:begin|then|else|loop) )+/, ''))
    .filter((one) => !/^(?:begin|declare|end)\b/.test(one))

const withoutTexts = (sql: string): string =>
  sql.replaceAll(
    /--[^\n]*|\/\*[^]*?\*\/|\$(\w*)\$[^]*?\$\1\$|'(?:[^']|'')*'|"((?:[^"]|"")*)"/g,
    (found, _tag, name) =>
      found.startsWith('--') || found.startsWith('/*') ? ' ' : name === undefined ? "''" : name,
  )
