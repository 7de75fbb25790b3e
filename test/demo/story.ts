import { randomBytes } from 'node:crypto'
import type { ConnectionInfo, MappingSpec, PushReceipt } from '@raccordo/core'
import type { CrmDouble, TruthRecord } from '@raccordo/testkit'
import type { Api } from './api.ts'
import type { Target } from './arguments.ts'
import { assertArrived, assertCall, assertEqual, CheckFailed } from './checks.ts'
import type { Printer, Result } from './print.ts'
import { follow, pushAndWait, readFeed } from './server_calls.ts'

const CONTACTS = 100
const COMPANIES = 20
const EDITS = 5

const difference = (after: readonly TruthRecord[], before: readonly TruthRecord[]): readonly TruthRecord[] => {
  const known = new Set(before.map(({ id }) => id))
  return after.filter(({ id }) => !known.has(id))
}

/** The main job with one CRM, from connecting to reading the call back. Throws where a check does not hold. */
export const tellStory = async (target: Target, crm: CrmDouble, api: Api, print: Printer): Promise<Result> => {
  const startedAt = Date.now()
  const mark = randomBytes(3).toString('hex')
  const isReal = target.connection !== undefined
  const { id: provider, title } = target.crm
  print.heading(isReal ? `${title}, for real` : title)

  const before = { contact: await crm.truth('contact'), company: await crm.truth('company') }
  await crm.seed({ contacts: CONTACTS, companies: COMPANIES })
  const contacts = difference(await crm.truth('contact'), before.contact)
  const companies = difference(await crm.truth('company'), before.company)
  assertEqual('Contacts made in the CRM', contacts.length, CONTACTS)
  const callsBefore = crm.calls()

  const connection = await api.send<ConnectionInfo>('POST', 'connections', {
    workspaceId: `demo-${mark}`,
    provider,
    ...(target.connection ?? crm.connection),
  })
  const { id } = connection
  print.done(`connected to ${connection.account?.name ?? connection.account?.id ?? title}`)
  const mapping = await api.get<{ spec: MappingSpec }>(`connections/${id}/mapping`)
  const rules = Object.values(mapping.spec.objects).reduce(
    (sum, spec) => sum + Object.keys(spec?.fields ?? {}).length,
    0,
  )
  print.done(`mapped: ${rules} rules of the plugin's default mapping`)

  const bar = print.progress(CONTACTS + before.contact.length + COMPANIES + before.company.length)
  await follow(api, id, 'backfill', (passes) => bar.update(passes.reduce((sum, pass) => sum + pass.records, 0)))
  bar.stop()
  const feed = await readFeed(api, id, 'contact')
  assertArrived('contact', contacts, feed.records)
  assertArrived('company', companies, (await readFeed(api, id, 'company')).records)
  print.done(`backfilled ${contacts.length} contacts and ${companies.length} companies, each compared with the CRM`)

  const edited = contacts.slice(0, EDITS)
  for (const [index, { id: externalId }] of edited.entries()) {
    await crm.edit('contact', externalId, { title: `Head of ${mark} ${index}` })
  }
  const changes = await untilChanged(api, id, feed.next, edited, mark)
  print.done(`followed ${changes} changes that users of the CRM made`)

  const [callee] = edited
  if (callee === undefined) throw new CheckFailed('There is no contact to call.')
  await api.send('PUT', `connections/${id}/links`, {
    object: 'contact',
    localId: `contact-${mark}`,
    externalId: callee.id,
  })
  const subject = `Demo call ${mark}`
  const first = {
    object: 'activity',
    localId: `call-${mark}`,
    data: {
      kind: 'call',
      direction: 'outbound',
      subject,
      started_at: new Date(Math.floor(startedAt / 1_000) * 1_000).toISOString(),
      contact_id: `contact-${mark}`,
      body: 'Asked for an offer.',
    },
  }
  const pushed = await pushAndWait(api, id, first)
  const again = await api.send<PushReceipt>('POST', `connections/${id}/push`, first)
  assertEqual('The id that a repeated push answers with', again.id, pushed.id)
  print.done(`pushed one call: ${pushed.externalId}`)
  const later = {
    duration_seconds: 184,
    outcome: 'connected',
    recording_url: `https://recordings.example.com/${mark}.mp3`,
  }
  const updated = await pushAndWait(api, id, { object: 'activity', localId: `call-${mark}`, data: later })
  assertEqual('The id of the call after its update', updated.externalId, pushed.externalId)
  print.done('pushed its recording and outcome, which came later')

  const call = assertCall(await crm.truth('activity'), {
    subject,
    contactId: callee.id,
    data: { ...first.data, ...later, contact_id: undefined },
  })
  print.done(`read back from the CRM: the call is there once, at ${String(callee.data['email'])}`)
  if (isReal)
    print.note(
      `It stays there: contact ${callee.id}, call ${call.id}; look for "${subject}". ${CONTACTS} contacts and ${COMPANIES} companies were made.`,
    )
  return {
    provider,
    contacts: contacts.length,
    companies: companies.length,
    changes,
    callId: call.id,
    apiCalls: crm.calls() - callsBefore,
    seconds: (Date.now() - startedAt) / 1_000,
  }
}

const MOST_POLLS = 20

/** Polls until every edit is in the feed: an index that lags may take a moment. */
const untilChanged = async (
  api: Api,
  id: string,
  after: string,
  edited: readonly TruthRecord[],
  mark: string,
): Promise<number> => {
  for (let polls = 1; ; polls += 1) {
    await follow(api, id, 'pull')
    const { records } = await readFeed(api, id, 'contact', after)
    const arrived = edited.filter((wanted, index) =>
      records.some(({ externalId, data }) => externalId === wanted.id && data['title'] === `Head of ${mark} ${index}`),
    )
    if (arrived.length === edited.length) return arrived.length
    if (polls === MOST_POLLS)
      throw new CheckFailed(`${arrived.length} of ${edited.length} changes arrived after ${polls} polls`)
  }
}
