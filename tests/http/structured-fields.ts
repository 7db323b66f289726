/** Lists of strings with integer parameters, as RFC 9651 reads them; throws for anything else. */

export interface Item {
  readonly value: string
  readonly parameters: Readonly<Record<string, number>>
}

/** `"burst";q=600;w=60, "write";q=120;w=60` */
export const parseList = (text: string): readonly Item[] => {
  let rest = text
  const take = (pattern: RegExp): string => {
    const [found] = pattern.exec(rest) ?? []
    if (found === undefined) throw new Error(`No structured field: ${JSON.stringify(text)}`)
    rest = rest.slice(found.length)
    return found
  }
  const item = (): Item => {
    const quoted = take(/^"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/)
    const parameters: Record<string, number> = {}
    while (rest.startsWith(';')) {
      const name = take(/^; *[a-z*][a-z0-9_.*-]*/).replace(/^; */, '')
      parameters[name] = Number(take(/^=-?\d{1,15}(?![\d.])/).slice(1))
    }
    return { value: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1'), parameters }
  }
  if (rest === '') return []
  const items = [item()]
  while (rest !== '') {
    take(/^[ \t]*,[ \t]*(?!$)/)
    items.push(item())
  }
  return items
}
