/** Invented buyers in India: nobody lives here, no telephone rings, no mail arrives. */
import type { Random } from './random.ts'

export interface Place {
  readonly city: string
  readonly state: string
  readonly postalCode: string
}
export interface Person {
  readonly name: string
  readonly phone: string
  readonly email: string
  readonly line1: string
  readonly line2: string
}

/** A buyer with a street; the same random source always invents the same one. */
export const personFor = (random: Random): Person => {
  const first = random.pick(firstNames)
  const last = random.pick(lastNames)
  return {
    name: `${first} ${last}`,
    // no number of India goes on with a 0 after +91: this can be stored, but not dialled
    phone: `+910${String(random.int(0, 999_999_999)).padStart(9, '0')}`,
    // .invalid never resolves (RFC 2606)
    email: `${first}.${last}.${random.int(1000, 999_999)}@buyers.invalid`.toLowerCase(),
    line1: `${random.pick(houses)} ${random.int(1, 480)}, ${random.pick(buildings)}`,
    line2: `${random.pick(streets)}, Sector ${random.int(1, 96)}`,
  }
}

/** A city with its state and a PIN of that city. */
export const placeFor = (random: Random): Place => {
  const [city, state, firstPin, pins] = random.pick(cities)
  return { city, state, postalCode: String(firstPin + random.int(0, pins - 1)) }
}

// city, state, first PIN, how many after it are the city's
const cities: readonly (readonly [string, string, number, number])[] = [
  ['MUMBAI', 'MAHARASHTRA', 400001, 99],
  ['PUNE', 'MAHARASHTRA', 411001, 60],
  ['NAGPUR', 'MAHARASHTRA', 440001, 35],
  ['BENGALURU', 'KARNATAKA', 560001, 99],
  ['MYSURU', 'KARNATAKA', 570001, 30],
  ['HYDERABAD', 'TELANGANA', 500001, 98],
  ['CHENNAI', 'TAMIL NADU', 600001, 99],
  ['COIMBATORE', 'TAMIL NADU', 641001, 48],
  ['NEW DELHI', 'DELHI', 110001, 96],
  ['KOLKATA', 'WEST BENGAL', 700001, 99],
  ['LUCKNOW', 'UTTAR PRADESH', 226001, 31],
  ['NOIDA', 'UTTAR PRADESH', 201301, 10],
  ['GURUGRAM', 'HARYANA', 122001, 18],
  ['JAIPUR', 'RAJASTHAN', 302001, 39],
  ['AHMEDABAD', 'GUJARAT', 380001, 61],
  ['SURAT', 'GUJARAT', 395001, 17],
  ['INDORE', 'MADHYA PRADESH', 452001, 20],
  ['BHOPAL', 'MADHYA PRADESH', 462001, 47],
  ['PATNA', 'BIHAR', 800001, 30],
  ['KOCHI', 'KERALA', 682001, 42],
  ['THIRUVANANTHAPURAM', 'KERALA', 695001, 43],
  ['VISAKHAPATNAM', 'ANDHRA PRADESH', 530001, 53],
  ['BHUBANESWAR', 'ODISHA', 751001, 31],
  ['GUWAHATI', 'ASSAM', 781001, 40],
  ['CHANDIGARH', 'CHANDIGARH', 160001, 47],
  ['LUDHIANA', 'PUNJAB', 141001, 18],
  ['DEHRADUN', 'UTTARAKHAND', 248001, 14],
  ['RANCHI', 'JHARKHAND', 834001, 13],
  ['RAIPUR', 'CHHATTISGARH', 492001, 16],
  ['PANAJI', 'GOA', 403001, 6],
]
const firstNames = (
  'Aarav Aditi Akash Ananya Arjun Bhavna Deepak Divya Farhan Gauri Harpreet Isha Jatin Kavya ' +
  'Kiran Lakshmi Manoj Meera Nandini Neeraj Pooja Pranav Rahul Rekha Rohan Sameer Sanjana Shreya ' +
  'Sunil Tanvi Uma Varun Vikram Yash Zoya'
).split(' ')
const lastNames = (
  'Agarwal Banerjee Bhat Chauhan Das Desai Fernandes Gill Goswami Gupta Iyer Jain Joshi Kapoor ' +
  'Khan Kulkarni Mehta Menon Mishra Nair Naidu Patel Patil Pillai Rao Reddy Saxena Shah Sharma ' +
  'Singh Sinha Thomas Tiwari Verma Yadav'
).split(' ')
const houses = ['Flat', 'House', 'Plot', 'Door', 'Quarter']
const buildings = ['Sunrise Residency', 'Green Park', 'Lotus Towers', 'Shanti Niwas', 'Hill View']
const streets = ['Station Road', 'Temple Street', 'Lake View Road', 'Market Lane', 'Ring Road']
