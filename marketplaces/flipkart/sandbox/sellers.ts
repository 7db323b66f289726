/** The two invented sellers of the sandbox. */
import type { Identity } from './model.ts'

export const identities: readonly Identity[] = [
  {
    id: 'fk5a1e7c01d2b34f60',
    mark: 1,
    name: 'Banyan Clothing on Flipkart',
    location: 'LOC5f1c7a20be3d4e01',
    gstin: '29AAGCB7383J1Z4',
    appId: '15a20b6b1f0e4c2a9d7e3c1f8b5a4d2e',
    appSecret: '2d4f6a8c0e1b3d5f7a9c2e4b6d8f0a1c',
    grant: 'CLIENT_CREDENTIALS',
    reports: true,
    ordersPerDay: 5,
    seller: 0,
  },
  {
    id: 'fk7b2d9e02c4a61835',
    mark: 2,
    name: 'Neem Lifestyle on Flipkart',
    location: 'LOC8d2e9b41cf5a6702',
    gstin: '27AAPFU0939F1ZV',
    appId: '9c8b7a6d5e4f3a2b1c0d9e8f7a6b5c4d',
    appSecret: '7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b',
    grant: 'AUTHORIZATION_CODE',
    reports: true,
    ordersPerDay: 3,
    seller: 1,
  },
]
