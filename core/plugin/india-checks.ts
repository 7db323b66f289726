/** Checks that cost a batch when the marketplace makes them first: GSTIN, and PIN against state. */

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** State, PAN, number of the registration, Z, check character. */
const gstinForm = /^\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]Z[0-9A-Z]$/

/** The form of a GSTIN and its check character; whether it is registered only the tax office knows. */
export const isGstin = (text: string): boolean => {
  if (!gstinForm.test(text)) return false
  const state = Number(text.slice(0, 2))
  // 97: other territory, 99: registered by the centre
  if (!(state >= 1 && state <= 38) && state !== 97 && state !== 99) return false
  let sum = 0
  for (let at = 0; at < 14; at++) {
    const product = digits.indexOf(text.charAt(at)) * (at % 2 === 0 ? 1 : 2)
    sum += Math.floor(product / 36) + product % 36
  }
  return digits.charAt((36 - sum % 36) % 36) === text.charAt(14)
}

/**
 * First three digits of a PIN, from and to, with the GST codes of the states that they reach into.
 * India Post's circles; where two states share a sorting district, both stand here.
 */
const ranges: readonly (readonly [number, number, ...string[]])[] = [
  [110, 119, '07'],
  [120, 136, '06', '04'],
  [140, 152, '03', '04'],
  [153, 159, '03'],
  [160, 160, '04', '03', '06'],
  [161, 169, '03'],
  [170, 179, '02'],
  [180, 193, '01'],
  [194, 194, '38', '01'],
  [195, 199, '01'],
  [200, 243, '09'],
  [244, 249, '09', '05'],
  [250, 261, '09'],
  [262, 263, '05', '09'],
  [264, 285, '09'],
  [301, 345, '08'],
  [360, 361, '24'],
  [362, 362, '24', '26'],
  [363, 395, '24'],
  [396, 396, '24', '26'],
  [400, 402, '27'],
  [403, 403, '30'],
  [404, 445, '27'],
  [450, 488, '23'],
  [490, 497, '22'],
  [500, 509, '36', '37'],
  [510, 532, '37'],
  [533, 533, '37', '34'],
  [534, 535, '37'],
  [560, 591, '29'],
  [600, 604, '33'],
  [605, 605, '34', '33'],
  [606, 608, '33'],
  [609, 609, '33', '34'],
  [610, 643, '33'],
  [670, 672, '32'],
  [673, 673, '32', '34'],
  [674, 681, '32'],
  [682, 682, '32', '31'],
  [683, 695, '32'],
  [700, 736, '19'],
  [737, 737, '11'],
  [738, 743, '19'],
  [744, 744, '35'],
  [751, 770, '21'],
  [781, 788, '18'],
  [790, 792, '12'],
  [793, 794, '17'],
  [795, 795, '14'],
  [796, 796, '15'],
  [797, 798, '13'],
  [799, 799, '16'],
  [800, 813, '10', '20'],
  [814, 816, '20', '10'],
  [821, 824, '10', '20'],
  [825, 835, '20'],
  [841, 855, '10'],
]
/** Codes of before 2020 and 2014: Daman and Diu, Andhra Pradesh. */
const successors: Readonly<Record<string, string>> = { '25': '26', '28': '37' }

/** Whether a PIN lies in the state of this GST code ('27' Maharashtra). Army post lies in all. */
export const pinAgreesWithState = (pin: string, gstStateCode: string): boolean => {
  if (!/^[1-9]\d{5}$/.test(pin)) return false
  const prefix = Number(pin.slice(0, 3))
  if (prefix >= 900) return true
  const state = successors[gstStateCode] ?? gstStateCode
  return ranges.some(([from, to, ...states]) =>
    prefix >= from && prefix <= to && states.includes(state)
  )
}
