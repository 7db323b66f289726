/** Texts that people, or careless code, would take for the address. None is it. */

/** Letters and signs of other alphabets and forms, by the one that they look like. */
const doubles: Readonly<Record<string, readonly string[]>> = {
  'a': [
    'а',
    'ɑ',
    'α',
    'ａ',
    'ⓐ',
    '𝐚',
    '𝑎',
    '𝒂',
    '𝓪',
    '𝔞',
    '𝕒',
    '𝖆',
    '𝖺',
    '𝗮',
    '𝘢',
    '𝙖',
    '𝚊',
    'ª',
    'ᵃ',
    'à',
    'á',
    'ā',
    'ạ',
  ],
  's': ['ѕ', 'ｓ', 'ⓢ', '𝐬', '𝓼', '𝔰', '𝕤', '𝗌', 'ſ', 'ˢ', 'ꜱ', 'ś', 'ṣ'],
  'h': ['һ', 'հ', 'ｈ', 'ⓗ', '𝐡', 'ℎ', '𝔥', '𝗁', 'ʰ', 'ḥ'],
  'k': ['к', 'κ', 'ｋ', 'ⓚ', '𝐤', '𝗄', '\u212a', 'ᵏ', 'ķ'],
  'u': ['υ', 'ս', 'ｕ', 'ⓤ', '𝐮', '𝗎', 'ᵘ', 'ü', 'ų'],
  'm': ['м', 'ｍ', 'ⓜ', '𝐦', '𝗆', 'ᵐ', 'ⅿ', 'ṃ'],
  'r': ['г', 'ｒ', 'ⓡ', '𝐫', '𝗋', 'ʳ', 'ᵣ', 'ŗ'],
  'i': ['і', 'ι', 'ｉ', 'ⓘ', '𝐢', '𝗂', 'ⁱ', 'ⅰ', 'ı', 'İ', 'ℹ', 'í'],
  'l': ['ӏ', 'ｌ', 'ⓛ', '𝐥', '𝗅', 'ⅼ', 'ℓ', 'ˡ', 'I', '1', '|'],
  't': ['т', 'τ', 'ｔ', 'ⓣ', '𝐭', '𝗍', 'ᵗ', 'ţ'],
  'o': ['о', 'ο', 'օ', 'ｏ', 'ⓞ', '𝐨', '𝗈', 'º', 'ℴ', '०', '0', 'ö'],
  'e': ['е', 'ｅ', 'ⓔ', '𝐞', '𝖾', 'ℯ', 'ᵉ', 'é', 'ė'],
  '@': ['＠', '﹫', '@@', ' @', '@ ', '\u200b@', '%40', '&#64;', '(at)'],
  '.': ['．', '。', '｡', '․', '·', '..', '\u3002', '%2e', '﹒'],
  '-': ['‐', '‑', '–', '−', '－', '﹣', '--', '\u00ad', '_'],
}

/** What can stand unseen between two letters, and turns or marks them. */
const unseen = [
  ...['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u034f', '\u061c', '\u180e'],
  ...['\u200e', '\u200f', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067'],
  ...['\u2068', '\u2069', '\ufe0f', '\u0301', '\u0308', '\u0323', '\u0335', '\u00a0', '\u3164'],
  ...['\u2000', '\u2028', '\u3000', '\0', '\u0007', '\u001b[1m', '\ud83d'],
]

/** At its front, in its middle and at its end, each change alone. */
export const lookAlikes = (address: string): readonly string[] => {
  const found = new Set<string>()
  for (const [letter, others] of Object.entries(doubles)) {
    const at = address.indexOf(letter)
    for (const other of at < 0 ? [] : others) {
      found.add(address.slice(0, at) + other + address.slice(at + 1))
    }
  }
  for (const mark of unseen) {
    for (const at of [0, 2, address.indexOf('@'), address.length]) {
      found.add(address.slice(0, at) + mark + address.slice(at))
    }
  }
  for (
    const text of [
      `<${address}>`,
      `Asha <${address}>`,
      `"${address}"`,
      `${address},${address}`,
      `${address};`,
      `mailto:${address}`,
      `${address}.`,
      `${address}\n@evil.example`,
      `${address}%00`,
      `${address}' or '1'='1`,
      `${address}--`,
      [...address].toReversed().join(''),
      address.replace('@', '+tag@'),
      address.replaceAll('.', ''),
      address.replace('@', '@www.'),
    ]
  ) found.add(text)
  return [...found]
}
