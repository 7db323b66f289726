import { describe, expect, it } from 'vitest'
import { maskCustomer, maskEmail, maskName, maskPhone, maskPin } from '../../core/rbac/mask.ts'

describe('a masked buyer', () => {
  it('keeps what is needed to recognise one, and the place', () => {
    expect(maskCustomer({
      name: 'Asha Rao',
      phone: '+91 98765 43212',
      email: 'asha.rao@example.in',
      address: {
        line1: '12 Laxmi Road',
        line2: 'Near the well',
        city: 'Pune',
        state: 'Maharashtra',
        postal_code: '411014',
      },
    })).toEqual({
      name: 'A••••',
      phone: '98xxxxxx12',
      email: 'a•••@example.in',
      address: {
        line1: '••••',
        line2: '••••',
        city: 'Pune',
        state: 'Maharashtra',
        postal_code: '4110••',
      },
    })
  })

  it('is null where there is nothing', () => {
    expect(maskCustomer(null)).toBeNull()
    const nothing = { name: null, phone: null, email: null, address: null }
    expect(maskCustomer(nothing)).toEqual(nothing)
    const nowhere = { line1: null, line2: null, city: null, state: null, postal_code: null }
    expect(maskCustomer({ ...nothing, address: nowhere })?.address).toEqual(nowhere)
  })

  it('shows two digits at each end of a phone number, however it is written', () => {
    for (
      const written of [
        '9876543212',
        '09876543212',
        '+919876543212',
        '0091 98765-43212',
        '91 9876543212',
      ]
    ) {
      expect(maskPhone(written)).toBe('98xxxxxx12')
    }
    // a mobile number may begin with 91 itself
    expect(maskPhone('9198765432')).toBe('91xxxxxx32')
    expect(maskPhone('12345678')).toBe('12xxxx78')
    for (const short of ['', '1', '1234567', 'call me']) expect(maskPhone(short)).toBe('xxxxxxxx')
  })

  it('counts letters as people do', () => {
    expect(maskName('आशा')).toBe('आ••••')
    expect(maskName('  Zoë')).toBe('Z••••')
    expect(maskName('👩‍🌾 farm')).toBe('👩‍🌾••••')
    expect(maskName('')).toBe('••••')
  })

  it('shows no more of an odd address than of a usual one', () => {
    expect(maskEmail('a@b')).toBe('a•••@b')
    expect(maskEmail('"x@y"@example.in')).toBe('"•••@example.in')
    for (const odd of ['', 'asha', '@example.in']) expect(maskEmail(odd)).toBe('••••')
    expect(maskPin('411 014')).toBe('4110••')
    for (const odd of ['', '41101', 'SW1A 1AA', '4110145']) expect(maskPin(odd)).toBe('••••')
  })
})
