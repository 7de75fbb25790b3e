import type { Fields, ObjectType } from '@raccordo/core/plugin'

/** An invented record of a type. Its `token`, plain lower-case letters, stands in every CRM's request that writes it. */
export interface Sample {
  readonly token: string
  readonly data: Fields
}

/** Makes samples that differ from each other and from those of other runs. */
export const sampleMaker =
  (random: () => number) =>
  (type: ObjectType, fixed: Fields = {}): Sample => {
    const letter = () => String.fromCharCode(97 + Math.floor(random() * 26))
    const token = `rc${Array.from({ length: 10 }, letter).join('')}`
    const digits = String(Math.floor(random() * 10_000_000)).padStart(7, '0')
    return { token, data: { ...SAMPLES[type](token, digits), ...fixed } }
  }

const SAMPLES: Readonly<Record<ObjectType, (token: string, digits: string) => Fields>> = {
  contact: (token, digits) => ({
    email: `${token}@example.com`,
    first_name: 'Vera',
    last_name: capital(token),
    title: 'Buyer',
    phone_e164: `+39347${digits}`,
    country_iso: 'IT',
  }),
  company: (token, digits) => ({
    name: `${capital(token)} Bakery`,
    domain: `${token}.example.com`,
    phone: `+39061${digits}`,
    country_iso: 'IT',
    address: 'Via Roma 1',
  }),
  deal: (token) => ({ title: `Renewal ${token}`, amount_cents: 125_000, currency: 'EUR', close_date: '2031-05-06' }),
  activity: (token, digits) => ({
    kind: 'call',
    direction: 'outbound',
    started_at: '2025-03-04T10:20:30Z',
    duration_seconds: 95,
    outcome: 'connected',
    subject: `Call ${token}`,
    body: `We spoke about ${token}.`,
    recording_url: `https://recordings.example.com/${token}.mp3`,
    from_e164: `+39347${digits}`,
    to_e164: '+39061234567',
  }),
}

/** A field of the type that can be changed, with the new value, and one that can be cleared. */
export const CHANGES: Readonly<
  Record<ObjectType, { readonly change: readonly Fields[]; readonly clear: readonly string[] }>
> = {
  contact: { change: [{ title: 'Head of Sales' }, { last_name: 'Changed' }], clear: ['title', 'phone_e164'] },
  company: { change: [{ address: 'Via Milano 2' }, { phone: '+39067654321' }], clear: ['phone', 'address'] },
  deal: { change: [{ amount_cents: 99_900 }, { title: 'Changed' }], clear: ['close_date', 'amount_cents'] },
  activity: {
    change: [{ subject: 'Changed' }, { outcome: 'busy' }],
    clear: ['recording_url', 'to_e164', 'outcome', 'body'],
  },
}

/** Types of the records that a record of the type can be linked with, the closest first. */
export const LINKED: Readonly<Record<ObjectType, readonly ObjectType[]>> = {
  contact: ['company'],
  company: [],
  deal: ['company', 'contact'],
  activity: ['contact', 'company'],
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
