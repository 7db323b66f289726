/** Places of supply: the GST state codes, from the many ways in which states are written. */

const codes: Readonly<Record<string, string>> = {
  'jammu and kashmir': '01',
  'himachal pradesh': '02',
  punjab: '03',
  chandigarh: '04',
  uttarakhand: '05',
  haryana: '06',
  delhi: '07',
  rajasthan: '08',
  'uttar pradesh': '09',
  bihar: '10',
  sikkim: '11',
  'arunachal pradesh': '12',
  nagaland: '13',
  manipur: '14',
  mizoram: '15',
  tripura: '16',
  meghalaya: '17',
  assam: '18',
  'west bengal': '19',
  jharkhand: '20',
  odisha: '21',
  chhattisgarh: '22',
  'madhya pradesh': '23',
  gujarat: '24',
  'dadra and nagar haveli and daman and diu': '26',
  maharashtra: '27',
  karnataka: '29',
  goa: '30',
  lakshadweep: '31',
  kerala: '32',
  'tamil nadu': '33',
  puducherry: '34',
  'andaman and nicobar islands': '35',
  telangana: '36',
  'andhra pradesh': '37',
  ladakh: '38',
}

/** Other spellings seen in marketplaces' files. */
const spellings: Readonly<Record<string, string>> = {
  orissa: 'odisha',
  pondicherry: 'puducherry',
  puducheri: 'puducherry',
  'new delhi': 'delhi',
  'delhi ncr': 'delhi',
  uttaranchal: 'uttarakhand',
  rajshthan: 'rajasthan',
  rajsthan: 'rajasthan',
  'punjab mohali zirakpur': 'punjab',
  telengana: 'telangana',
  tamilnadu: 'tamil nadu',
  chattisgarh: 'chhattisgarh',
  'andaman and nicobar': 'andaman and nicobar islands',
  'dadra and nagar haveli': 'dadra and nagar haveli and daman and diu',
  'dadra and nagar': 'dadra and nagar haveli and daman and diu',
  'daman and diu': 'dadra and nagar haveli and daman and diu',
}

const names = new Map(Object.entries(codes).map(([name, code]) => [code, name]))

/** 'Maharashtra' for '27'; null for a code of no state. */
export const stateName = (code: string): string | null =>
  names.get(code)?.replaceAll(/\b(?!and\b)[a-z]/g, (letter) => letter.toUpperCase()) ?? null

/** '27' for 'MAHARASHTRA', ' Maharashtra ' or 'maharashtra'; null when it is no Indian state. */
export const gstStateCode = (state: string | null | undefined): string | null => {
  if (!state) return null
  const name = state.toLowerCase().replaceAll('&', ' and ').replace(/[^a-z]+/g, ' ').trim()
  return codes[spellings[name] ?? name] ?? null
}
