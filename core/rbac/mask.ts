/** Buyers as those see them who may not: enough to recognise, too little to use. */

interface AddressView {
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly state: string | null
  readonly postal_code: string | null
}
export interface CustomerView {
  readonly name: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly address: AddressView | null
}

const dots = '••••' // always four: the length of a name says something, too
const characters = new Intl.Segmenter()

/** Null stays null: what was never there cannot be told from what is hidden otherwise. */
export const maskCustomer = (customer: CustomerView | null): CustomerView | null =>
  customer === null ? null : {
    name: orNull(customer.name, maskName),
    phone: orNull(customer.phone, maskPhone),
    email: orNull(customer.email, maskEmail),
    address: customer.address === null ? null : {
      line1: orNull(customer.address.line1, () => dots),
      line2: orNull(customer.address.line2, () => dots),
      city: customer.address.city,
      state: customer.address.state,
      postal_code: orNull(customer.address.postal_code, maskPin),
    },
  }

/** 'Asha Rao' → 'A••••'. */
export const maskName = (name: string): string => `${firstOf(name)}${dots}`

/** '+91 98765 43212' → '98xxxxxx12': the ten national digits, without country or trunk prefix. */
export const maskPhone = (phone: string): string => {
  const digits = phone.replace(/\D/g, '').replace(/^(?:0091|91|0)(?=\d{10}$)/, '')
  // of a short number the ends would be the most part
  if (digits.length < 8) return 'x'.repeat(8)
  return `${digits.slice(0, 2)}${'x'.repeat(digits.length - 4)}${digits.slice(-2)}`
}

/** 'asha@example.in' → 'a•••@example.in'. */
export const maskEmail = (email: string): string => {
  const at = email.lastIndexOf('@')
  return at < 1 ? dots : `${firstOf(email)}•••${email.slice(at)}`
}

/** '411014' → '4110••': the sorting district, not the post office. */
export const maskPin = (pin: string): string =>
  /^\d{6}$/.test(pin.replace(/\s/g, '')) ? `${pin.replace(/\s/g, '').slice(0, 4)}••` : dots

/** A character as people count them, not half of a surrogate pair or a letter without its vowel. */
const firstOf = (text: string): string => {
  for (const { segment } of characters.segment(text.trim())) return segment
  return ''
}

const orNull = (value: string | null, mask: (value: string) => string): string | null =>
  value === null ? null : mask(value)
